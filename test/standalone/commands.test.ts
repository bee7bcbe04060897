import { expect } from 'chai';
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startRiakDouble } from '../riak-double/double.js';
import { Code } from '../riak-double/messages.js';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { freePort } from '../support/free-port.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker } from '../support/tracker-process.js';
import { buildFirst, entry } from './support/entry.js';

interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user and a group that own nothing. */
const NOBODY = 65_534;

describe('a command on the store', function () {
  let directory = '';

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  /** Runs a command to its end. */
  async function run(command: string, settings: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const program = await startProgram(process.execPath, [entry, ...command.split(' ')], {
      cwd: directory,
      env: { PATH: process.env['PATH'], DATA_DIR: join(directory, 'data'), ...settings },
    });
    const { status } = await program.ended;
    return { status, stdout: program.stdout, stderr: program.stderr };
  }

  for (const command of ['purge', 'report']) {
    describe(`npm run ${command}, when it cannot work,`, () => {
      it('ends with status 2 for a setting that cannot be used, and says in a line what it takes', async () => {
        const { status, stdout, stderr } = await run(command, { STORE: 'redis' });
        expect([status, stdout], stderr).to.deep.equal([2, '']);
        expect(stderr).to.match(/^STORE: got "redis", takes [^\n]*\n$/);
      });

      it('ends with status 1 when the data directory cannot be used, and says so in a line', async () => {
        const file = join(directory, 'file');
        await writeFile(file, 'not a directory');
        const { status, stdout, stderr } = await run(command, { DATA_DIR: file });
        expect([status, stdout], stderr).to.deep.equal([1, '']);
        expect(stderr).to.match(/^cannot use the data directory [^\n]*\n$/);
        expect(stderr).to.contain(file);
      });

      it('ends with status 1 when Riak cannot be reached, and says why in a line', async () => {
        const riak = `127.0.0.1:${await freePort()}`;
        const settings = { STORE: 'riak', RIAK_NODES: riak, LOG_LEVEL: 'silent' };
        const { status, stdout, stderr } = await run(command, settings);
        expect([status, stdout], stderr).to.deep.equal([1, '']);
        expect(stderr).to.match(/^the (purge failed|report could not be read): no node of Riak [^\n]*\n$/);
        expect(stderr).to.contain(`ECONNREFUSED ${riak}`);
      });
    });
  }

  it('is refused with an argument that it does not know, with status 2, and does nothing', async () => {
    for (const command of ['purge --dry-run', 'report all']) {
      const { status, stdout, stderr } = await run(command);
      expect([status, stdout], stderr).to.deep.equal([2, '']);
      expect(stderr).to.match(/^(--dry-run|all): unknown argument\n/);
    }
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('says with --help what there is, and does nothing', async () => {
    const { status, stdout, stderr } = await run('purge --help');
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^Usage: npm start/);
    expect(await readdir(directory)).to.deep.equal([]);
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    'leaves no file of root in the directory of a tracker that runs as another user',
    async () => {
      const data = join(directory, 'data');
      // Where only root may enter, as systemd has the directories of users that it makes up.
      await chmod(directory, 0o700);
      await mkdir(data);
      await chown(data, NOBODY, NOBODY);
      for (const command of ['purge', 'report', 'purge']) {
        const { status, stderr } = await run(command);
        expect(status, stderr).to.equal(0);
      }
      const files = await readdir(data);
      expect(files).to.include('shards.mdb');
      for (const file of files) expect((await stat(join(data, file))).uid, file).to.equal(NOBODY);
    },
  );

  describe('npm run report', () => {
    it('prints what the last purge printed, and nothing else', async () => {
      const first = await run('purge');
      const second = await run('purge');
      expect(second.stdout).to.not.equal(first.stdout);
      expect(await run('report')).to.deep.equal({ status: 0, stdout: second.stdout, stderr: '' });
    });

    it('does so while a tracker runs on the same store', async () => {
      const tracker = await startTracker();
      try {
        await announce(tracker.announceUrl());
        const settings = { DATA_DIR: tracker.dataDirectory };
        const { stdout } = await run('purge', settings);
        expect(JSON.parse(stdout)).to.include({ swarms: 1, leechers: 1 });
        expect(await run('report', settings)).to.deep.equal({ status: 0, stdout, stderr: '' });
        await announce(tracker.announceUrl());
      } finally {
        await tracker.dispose();
      }
    });

    it('leaves every byte of the data files as it was', async () => {
      await run('purge');
      const before = await dataFiles();
      expect((await run('report')).status).to.equal(0);
      expect(await dataFiles()).to.deep.equal(before);
    });

    it('ends with status 1 if nothing was purged yet, and says so in a line', async () => {
      const tracker = await startTracker();
      try {
        const { status, stdout, stderr } = await run('report', { DATA_DIR: tracker.dataDirectory });
        expect([status, stdout], stderr).to.deep.equal([1, '']);
        expect(stderr).to.match(/^no purge has left a report yet: [^\n]*\n$/);
      } finally {
        await tracker.dispose();
      }
    });

    it('does the same if there is no store yet, and makes none', async () => {
      const { status, stderr } = await run('report');
      expect(status).to.equal(1);
      expect(stderr).to.match(/^no purge has left a report yet: [^\n]*\n$/);
      expect(await readdir(directory)).to.deep.equal([]);
    });

    it('does all of this on Riak, where it takes one read', async () => {
      const riak = await startRiakDouble({ types: trackerTypes });
      try {
        const settings = { STORE: 'riak', RIAK_NODES: riak.addresses };
        const none = await run('report', settings);
        expect([none.status, none.stdout]).to.deep.equal([1, '']);
        expect(none.stderr).to.match(/^no purge has left a report yet: [^\n]*\n$/);

        const { stdout } = await run('purge', settings);
        riak.operations.reset();
        expect(await run('report', settings)).to.deep.equal({ status: 0, stdout, stderr: '' });
        expect(riak.operations.byCode()).to.deep.equal({ [Code.getRequest]: 1 });
      } finally {
        await riak.close();
      }
    });
  });

  /** The content of the data files by name. LMDB's lock file is not data: whoever reads signs on there. */
  async function dataFiles(): Promise<Record<string, string>> {
    const data = join(directory, 'data');
    const names = (await readdir(data)).filter((name) => name.endsWith('.mdb'));
    const contents = await Promise.all(names.map((name) => readFile(join(data, name), 'base64')));
    return Object.fromEntries(names.map((name, i) => [name, contents[i] ?? '']));
  }
});

async function announce(url: string): Promise<void> {
  const query = `info_hash=${'%01'.repeat(20)}&peer_id=-TT0001-abcdefghijkl&port=6881&left=1`;
  const reply = await fetch(`${url}?${query}`);
  expect(await reply.text()).to.contain('8:interval');
}
