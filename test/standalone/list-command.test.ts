import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startRiakDouble } from '../riak-double/double.js';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { eventually } from '../support/eventually.js';
import { startProgram } from '../support/running-program.js';
import { startTracker } from '../support/tracker-process.js';
import { entry } from './support/entry.js';
import { commandIn } from './support/command.js';

const A = 'aa'.repeat(20);
const B = 'bb'.repeat(20);
const C = 'cc'.repeat(20);

describe('npm run list', function () {
  this.timeout(120_000);
  const { run: list, directory } = commandIn('list');

  /** The reason of a refusal, or undefined. */
  async function refusal(url: string, infohash: string): Promise<string | undefined> {
    const escaped = infohash.replaceAll(/../g, '%$&');
    const query = `info_hash=${escaped}&peer_id=-TT0001-abcdefghijkl&port=6881&left=1`;
    const body = await (await fetch(`${url}?${query}`)).text();
    return /failure reason\d+:(.*)8:retry in5:never/.exec(body)?.[1];
  }

  it('changes and shows the list of a store that no tracker uses', async () => {
    expect((await list(['show'])).stdout).to.match(/^there is no list yet/);
    expect((await list(['add', A, `magnet:?xt=urn:btih:${B}`])).stdout).to.equal(
      '2 added: the list has 2 infohashes (revision 1)\n',
    );
    expect((await list(['remove', A, C])).stdout).to.match(/^1 removed: the list has 1 infohash /);
    const has = await list(['has', A, B]);
    expect([has.status, has.stdout]).to.deep.equal([1, `${A} is not on the list\n${B} is on the list\n`]);
    await writeFile(join(directory(), 'file'), `# of opentracker\n${C}\n${A} comment\n`);
    expect((await list(['import', 'file'])).stdout).to.match(/^2 imported in the place of 1: /);
    const exported = await list(['export']);
    expect(exported).to.deep.equal({ status: 0, stdout: `${A}\n${C}\n`, stderr: '' });
  });

  it('says what it cannot do, and changes nothing', async () => {
    await list(['add', A]);
    await writeFile(join(directory(), 'file'), `${B}\nwrong\n`);
    for (const [args, line] of [
      [['import', 'file'], /^line 2: "wrong": takes an infohash/],
      [['import', 'nowhere'], /nowhere cannot be read: /],
      [['add', 'x'], /^takes an infohash/],
      [['add'], /missing required argument 'torrent'/],
      [['grow'], /unknown command 'grow'/],
      [['show', 'x'], /too many arguments/],
    ] as const) {
      const { status, stdout, stderr } = await list(args);
      expect([status, stdout], stderr).to.deep.equal([2, '']);
      expect(stderr).to.match(line);
    }
    const inFile = await list(['add', B], { LIST_MODE: 'allow', LIST_FILE: 'file' });
    expect(inFile.stderr).to.match(/^the list is in .*file \(LIST_FILE\): change it there/);
    expect((await list(['export'])).stdout).to.equal(`${A}\n`);
  });

  it('has what it changes in force at once in the tracker that runs on the embedded store', async () => {
    const tracker = await startTracker({ LIST_MODE: 'allow' });
    try {
      const settings = { DATA_DIR: tracker.dataDirectory };
      const url = tracker.announceUrl();
      expect(await refusal(url, A)).to.equal('torrent not registered with this tracker');
      expect((await list(['add', A], settings)).stdout).to.match(/^1 added/);
      expect(await refusal(url, A)).to.equal(undefined);
      await writeFile(join(directory(), 'file'), `${A}\n${C}\n`);
      const many = Array.from({ length: 40_000 }, (_, n) => n.toString(16).padStart(4, '0').repeat(10));
      await writeFile(join(directory(), 'many'), many.join('\n'));
      expect((await list(['import', 'many'], settings)).stdout).to.match(/^40000 imported in the place of 1/);
      expect(await refusal(url, many[39_999] ?? '')).to.equal(undefined);
      expect(await refusal(url, A)).to.equal('torrent not registered with this tracker');
      await list(['import', 'file'], settings);
      expect((await list(['export'], settings)).stdout).to.equal(`${A}\n${C}\n`);
    } finally {
      await tracker.dispose();
    }
  });

  it('has what it changes on Riak in force in every tracker within LIST_SECONDS', async () => {
    const riak = await startRiakDouble({ types: trackerTypes });
    const settings = { STORE: 'riak', RIAK_NODES: riak.addresses };
    const tracker = await startTracker({ ...settings, LIST_MODE: 'deny', LIST_SECONDS: '1' });
    try {
      expect(await refusal(tracker.announceUrl(), A)).to.equal(undefined);
      expect((await list(['add', A], settings)).stdout).to.match(/^1 added/);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(await refusal(tracker.announceUrl(), A)).to.equal('this tracker does not serve this torrent');
    } finally {
      await tracker.dispose();
      await riak.close();
    }
  });

  it('a list in a file is read again at a SIGHUP, and stays as it was if a line is wrong', async () => {
    const path = join(directory(), 'file');
    await writeFile(path, `${A}\n`);
    const tracker = await startTracker({ LIST_MODE: 'allow', LIST_FILE: path, LIST_SECONDS: '3600' });
    try {
      const url = tracker.announceUrl();
      expect(await refusal(url, A)).to.equal(undefined);
      await writeFile(path, `${A}\n${B}\n`);
      expect(await refusal(url, B)).to.not.equal(undefined);
      process.kill(tracker.pid, 'SIGUSR1');
      process.kill(tracker.pid, 'SIGUSR2');
      process.kill(tracker.pid, 'SIGHUP');
      await eventually('the new list', 10_000, async () => (await refusal(url, B)) === undefined);
      await writeFile(path, `${C}\nwrong\n`);
      process.kill(tracker.pid, 'SIGHUP');
      await eventually('the wrong line', 10_000, () => tracker.program.stderr.includes('line 2'));
      expect(await refusal(url, B)).to.equal(undefined);
    } finally {
      await tracker.dispose();
    }
  });

  it('a tracker does not start with a list that is wrong, and names the line', async () => {
    await writeFile(join(directory(), 'file'), `${A}\nwrong\n`);
    const program = await startProgram(process.execPath, [entry], {
      cwd: directory(),
      env: {
        PATH: process.env['PATH'],
        DATA_DIR: join(directory(), 'data'),
        PORT: '0',
        LOG_LEVEL: 'silent',
        LIST_MODE: 'allow',
        LIST_FILE: 'file',
      },
    });
    const { status } = await program.ended;
    expect([status, program.stdout]).to.deep.equal([2, '']);
    expect(program.stderr).to.match(/^LIST_FILE .*file: line 2: "wrong": /);
  });
});
