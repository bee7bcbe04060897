import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startRiakDouble } from '../riak-double/double.js';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { startTracker } from '../support/tracker-process.js';
import { commandIn } from './support/command.js';

describe('npm run key', function () {
  this.timeout(120_000);
  const { run: key, directory } = commandIn('key');

  /** The reason of a refusal, or undefined. */
  async function refusal(url: string, passkey: string, more = ''): Promise<string | undefined> {
    const query = `info_hash=${'%aa'.repeat(20)}&peer_id=-TT0001-abcdefghijkl&port=6881&left=1${more}`;
    const body = await (await fetch(`${url}/${passkey}/announce?${query}`)).text();
    return /failure reason\d+:(.*)8:retry in/.exec(body)?.[1];
  }

  it('makes keys, lists them without showing them, and revokes them by key or by id', async () => {
    const { stdout } = await key([
      'add',
      '--label',
      'a member',
      '--expires',
      '2100-01-31',
      '--limit-peers',
      '5',
    ]);
    const [made = ''] = stdout.split('\n');
    expect(made).to.match(/^[0-9a-f]{32}$/);
    const other = (await key(['add'])).stdout.trim();
    const listed = await key(['list']);
    expect(listed.stdout).to.not.contain(made).and.not.contain(other);
    const [heading, ...lines] = listed.stdout.trim().split('\n');
    expect(heading).to.match(/^id\tlabel\t/);
    expect(lines).to.have.length(2);
    const fields = lines.map((line) => line.split('\t')).find(([, label]) => label === 'a member');
    expect(fields?.slice(3)).to.deep.equal(['2100-02-01T00:00:00.000Z', 'peers 5', '0', '-', '0', '0']);
    expect((await key(['revoke', fields?.[0] ?? ''])).stdout).to.equal('1 revoked\n');
    expect(await key(['revoke', other, other])).to.include({ status: 1, stdout: '1 revoked, 1 not known\n' });
    expect((await key(['list'])).stdout.trim().split('\n')).to.have.length(1);
  });

  it('takes the keys of another tracker over, and leaves those that are there', async () => {
    const kept = '0123456789abcdef0123456789abcdef';
    await writeFile(join(directory(), 'file'), `# from elsewhere\n${kept} a member\n\nAnother.Key-of_16~\n`);
    expect((await key(['import', 'file'])).stdout).to.equal('2 imported, 0 were there\n');
    expect((await key(['import', 'file', '--label', 'x'])).stdout).to.equal('0 imported, 2 were there\n');
    expect((await key(['list'])).stdout)
      .to.contain('\ta member\t')
      .and.not.contain('\tx\t');
  });

  it('says what it cannot do, and shows no key', async () => {
    await writeFile(join(directory(), 'file'), `${'a'.repeat(32)}\nto-hide/this\n`);
    for (const [args, line] of [
      [['import', 'file'], /^line 2: takes a key of 16 to 128/],
      [['import', 'nowhere'], /nowhere cannot be read: /],
      [['add', 'mine'], /too many arguments for 'add'/],
      [['add', '--expires', 'soon'], /^--expires takes a date/],
      [['add', '--limit-peers', '0'], /'--limit-peers <N>' argument '0' is invalid/],
      [['add', '--limit-seeds', '3'], /unknown option '--limit-seeds'/],
      [['add', '--grow'], /unknown option '--grow'/],
      [['revoke'], /missing required argument 'key'/],
      [['grow'], /unknown command 'grow'/],
    ] as const) {
      const { status, stdout, stderr } = await key(args);
      expect([status, stdout], stderr).to.deep.equal([2, '']);
      expect(stderr).to.match(line).and.not.contain('to-hide');
    }
    expect((await key(['list'])).stdout.trim().split('\n')).to.have.length(1);
  });

  it('has what it changes in force at once in the tracker that runs on the embedded store', async () => {
    const tracker = await startTracker({ KEYS: 'on', KEY_USE_SECONDS: '1', LOG_LEVEL: 'debug' });
    const settings = { DATA_DIR: tracker.dataDirectory };
    try {
      expect(await refusal(tracker.url(), 'x'.repeat(32))).to.equal(
        'the key in the announce URL is not known',
      );
      const made = (await key(['add'], settings)).stdout.trim();
      expect(await refusal(tracker.url(), made, '&event=started&uploaded=0')).to.equal(undefined);
      expect(await refusal(tracker.url(), made, '&uploaded=500&downloaded=7')).to.equal(undefined);
      const scraped = await (
        await fetch(`${tracker.url()}/${made}/scrape?info_hash=${'%aa'.repeat(20)}`)
      ).text();
      expect(scraped).to.contain('10:incompletei1e');
      expect(await (await fetch(`${tracker.url()}/scrape?info_hash=${'%aa'.repeat(20)}`)).text()).to.contain(
        'this tracker needs a personal announce URL',
      );
      // What is not written by then is at the stop.
      await tracker.stop();
      expect((await key(['list'], settings)).stdout).to.match(/\t2\t20\d\d-[^\t]*\t500\t7\n/);
      await tracker.restart({ KEYS: 'on', LOG_LEVEL: 'debug' });
      expect(await refusal(tracker.url(), made)).to.equal(undefined);
      expect((await key(['list'], settings)).stdout).to.match(/\t500\t7\n/);
      expect((await key(['revoke', made], settings)).stdout).to.equal('1 revoked\n');
      expect(await refusal(tracker.url(), made)).to.equal('the key in the announce URL is not known');
      const log = tracker.program.stdout + tracker.program.stderr;
      expect(log).to.not.contain(made);
      for (const path of ['/', '/stats.json', '/health']) {
        expect(await (await fetch(tracker.url() + path)).text()).to.not.contain(made);
      }
      const files = await Promise.all(
        ['shards.mdb', 'counts.mdb'].map((name) =>
          readFile(join(tracker.dataDirectory, name), 'latin1').catch(() => ''),
        ),
      );
      expect(files.join('')).to.not.contain(made);
    } finally {
      await tracker.dispose();
    }
  });

  it('has what it changes on Riak in force in every tracker within LIST_SECONDS', async () => {
    const riak = await startRiakDouble({ types: trackerTypes });
    const settings = { STORE: 'riak', RIAK_NODES: riak.addresses };
    const tracker = await startTracker({ ...settings, KEYS: 'on', LIST_SECONDS: '1' });
    try {
      const made = (await key(['add'], settings)).stdout.trim();
      expect(await refusal(tracker.url(), made)).to.equal(undefined);
      expect((await key(['revoke', made], settings)).stdout).to.equal('1 revoked\n');
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(await refusal(tracker.url(), made)).to.equal('the key in the announce URL is not known');
    } finally {
      await tracker.dispose();
      await riak.close();
    }
  });
});
