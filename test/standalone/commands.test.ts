import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import { startRiakDouble } from '../riak-double/double.js';
import { Code } from '../riak-double/messages.js';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { freePort } from '../support/free-port.js';
import { startProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { buildFirst, entry, root } from './support/entry.js';
import { itAsRoot } from '../support/as-root.js';

interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user and a group that own nothing. */
const NOBODY = 65_534;

describe('a command on the store', function () {
  this.timeout(60_000);
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
      expect(stderr).to.match(/^error: (unknown option '--dry-run'|too many arguments for 'report')/);
    }
    expect(await readdir(directory)).to.deep.equal([]);
  });

  it('says with --help what there is, and does nothing', async () => {
    const { status, stdout, stderr } = await run('purge --help');
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(/^Usage: tracker purge /);
    expect(await readdir(directory)).to.deep.equal([]);
  });

  itAsRoot('leaves no file of root in the directory of a tracker that runs as another user', async () => {
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
  });

  itAsRoot(
    'as root makes, empties and gives away nothing that a link in the directory of another user leads to',
    async () => {
      const data = join(directory, 'data');
      const target = join(directory, 'target');
      // What only root may write, and what is not there yet.
      await chmod(directory, 0o755);
      const names = ['lock', 'lock-lock', 'shards.mdb', 'shards.mdb-lock', 'counts.mdb', 'counts.mdb-lock'];
      for (const name of [...names, 'journal.new', 'journal.1', 'check.tmp', 'admin.sock']) {
        for (const content of ['of root', undefined]) {
          await rm(data, { recursive: true, force: true });
          await rm(target, { force: true });
          await mkdir(data);
          if (content !== undefined) await writeFile(target, content, { mode: 0o600 });
          await symlink(target, join(data, name));
          await chown(data, NOBODY, NOBODY);
          await lchown(join(data, name), NOBODY, NOBODY);
          const { status, stderr } = await run('purge');
          expect(stderr, name).to.not.contain('    at ');
          if (status !== 0) expect(stderr, name).to.match(/^[^\n]+\n$/);
          const stats = await stat(target).catch(() => undefined);
          expect(stats?.uid, name).to.equal(content === undefined ? undefined : 0);
          if (content !== undefined) expect(await readFile(target, 'utf8'), name).to.equal(content);
        }
      }
    },
  );

  itAsRoot('says whose the data directory is when that is not its user', async () => {
    const data = join(directory, 'data');
    await chmod(directory, 0o755);
    await mkdir(data, { mode: 0o755 });
    // The code is loaded first: its directory may be root's alone.
    const program = `
      const load = require('node:module').createRequire(${JSON.stringify(join(root, 'dist/standalone/main.cjs'))});
      load('lmdb');
      const { main } = load('./main.cjs');
      process.setgid(${NOBODY});
      process.setuid(${NOBODY});
      main({ args: ['purge'], environment: process.env });`;
    const { stderr, status } = spawnSync(process.execPath, ['-e', program], {
      cwd: directory,
      env: { PATH: process.env['PATH'], DATA_DIR: data },
      encoding: 'utf8',
    });
    expect(status, stderr).to.equal(1);
    expect(stderr).to.match(
      /^cannot use the data directory [^\n]*; it belongs to user 0, and this process runs as user 65534\n$/,
    );
  });

  it('lets nobody else into a data directory that it makes', async () => {
    expect((await run('purge')).status).to.equal(0);
    const data = join(directory, 'data');
    expect((await stat(data)).mode & 0o027).to.equal(0);
    for (const file of await readdir(data)) {
      expect((await stat(join(data, file))).mode & 0o137, file).to.equal(0);
    }
  });

  it('ends with status 1 for a directory that cannot be made, as below /proc, and does not hang', async () => {
    const { status, stderr } = await run('purge', { DATA_DIR: '/proc/nobody/data' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^cannot use the data directory \/proc\/nobody\/data [^\n]*\n$/);
  });

  it('ends with status 2 when a data file is cut off, and says what to do in a line', async () => {
    expect((await run('purge')).status).to.equal(0);
    await truncate(join(directory, 'data/shards.mdb'), 5000);
    const { status, stderr } = await run('purge');
    expect(status).to.equal(2);
    expect(stderr).to.match(
      /^cannot use the data directory [^\n]*shards\.mdb is damaged: [^\n]*restore [^\n]*\n$/,
    );
  });

  describe('beside a tracker that runs', () => {
    let tracker: TrackerProcess;

    before(async () => {
      tracker = await startTracker({ LOG_LEVEL: 'info' });
    });
    after(() => tracker.dispose());

    it('a second tracker is refused with status 2, and a line that says who has the directory', async () => {
      const settings = { DATA_DIR: tracker.dataDirectory, PORT: String(await freePort()) };
      const program = await startProgram(process.execPath, [entry], {
        cwd: directory,
        env: { PATH: process.env['PATH'], ...settings },
      });
      expect((await program.ended).status).to.equal(2);
      expect(program.stdout).to.equal('');
      const line = `^cannot use the data directory ${tracker.dataDirectory} \\(DATA_DIR\\): in use: process ${tracker.pid} has had it since 2[^\\n]*\\n$`;
      expect(program.stderr).to.match(new RegExp(line));
    });

    it('a purge is that of the tracker, which goes on serving', async () => {
      await announce(tracker.announceUrl());
      const { status, stdout } = await run('purge', { DATA_DIR: tracker.dataDirectory });
      expect(status).to.equal(0);
      expect(JSON.parse(stdout)).to.include({ swarms: 1, leechers: 1 });
      expect(tracker.program.stderr).to.contain('"event":"admin command"');
      await announce(tracker.announceUrl());
    });

    it('only its user may ask it', async () => {
      const stats = await stat(join(tracker.dataDirectory, 'admin.sock'));
      expect(stats.isSocket()).to.equal(true);
      expect(stats.mode & 0o777).to.equal(0o600);
    });

    it('the directory is free after kill -9, for a command and for the next tracker', async () => {
      await tracker.kill9();
      const { status, stderr } = await run('purge', { DATA_DIR: tracker.dataDirectory });
      expect(status, stderr).to.equal(0);
      await tracker.restart();
      await announce(tracker.announceUrl());
      expect((await run('report', { DATA_DIR: tracker.dataDirectory })).status).to.equal(0);
    });

    it('no socket is left when it has stopped', async () => {
      await tracker.stop();
      expect(await readdir(tracker.dataDirectory)).to.not.include('admin.sock');
    });
  });

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

  /**
   * The content of the data files by name. LMDB's lock file is not data: whoever reads signs on
   * there.
   */
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
