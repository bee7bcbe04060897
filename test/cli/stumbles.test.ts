import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { buildFirst } from '../standalone/support/entry.js';
import { runTracker } from './run-tracker.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a command needs to be deployed or to look at a deployment. */
const platform = {
  OPENWHISK_APIHOST: 'http://127.0.0.1:1',
  OPENWHISK_AUTH: 'uuid:key',
  OPENWHISK_NAMESPACE: 'guest',
  TRACKER_SECRET: 'the-secret-of-the-tests_0123456789',
  RIAK_NODES: '127.0.0.1:8087',
};

describe('on a first evening', function () {
  this.timeout(60_000);
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  describe('in a clone in which nothing is installed', () => {
    let command: string;

    beforeEach(async () => {
      for (const part of ['bin', 'lib', 'scripts/lib', 'package.json', 'package-lock.json']) {
        await cp(join(root, part), join(directory, 'clone', part), { recursive: true });
      }
      command = join(directory, 'clone/bin/tracker.mjs');
    });

    for (const [args, said] of [
      [['start', '--prot=7000'], /^Unknown option '--prot'/],
      [['strat'], /^tracker: unknown command 'strat'\n$/],
      [['list', 'add'], /^missing required argument 'torrent'\n$/],
      [['start', 'now'], /^Unexpected argument 'now'/],
      [[], /^tracker: a command is missing\n$/],
    ] as const) {
      it(`"tracker ${args.join(' ')}" is refused with status 2, and nothing is installed`, async () => {
        const { status, stdout, stderr } = await runTracker(args, {}, { command, cwd: directory });
        expect([status, stdout], stderr).to.deep.equal([2, '']);
        expect(stderr).to.match(said);
        expect(await readdir(join(directory, 'clone')))
          .to.not.include('node_modules')
          .and.not.include('dist');
      });
    }
  });

  describe('with a file that is not there', () => {
    buildFirst();

    for (const args of [
      ['start'],
      ['purge'],
      ['doctor'],
      ['deploy'],
      ['undeploy'],
      ['settings'],
      ['health'],
    ]) {
      it(`"tracker ${args.join(' ')} --settings FILE" ends with status 2, and says so in a line`, async () => {
        const { status, stdout, stderr } = await runTracker([...args, '--settings', 'gone.env'], platform, {
          cwd: directory,
        });
        expect(status, stdout + stderr).to.equal(2);
        expect(stdout + stderr)
          .to.match(/^[^\n]*gone\.env[^\n]*\n$/)
          .and.to.contain('ENOENT');
        expect(await readdir(directory)).to.deep.equal([]);
      });
    }

    for (const args of [
      ['list', 'import', 'gone.txt'],
      ['list', 'add', 'gone.torrent'],
    ]) {
      it(`"tracker ${args.join(' ')}" ends with status 2, and says so in a line`, async () => {
        const { status, stdout, stderr } = await runTracker(args, {}, { cwd: directory });
        expect([status, stdout], stderr).to.deep.equal([2, '']);
        expect(stderr).to.match(/^[^\n]*gone\.[^\n]*cannot be read[^\n]*\n$/);
        expect(await readdir(directory)).to.deep.equal([]);
      });
    }
  });

  it('files are found from where the command was called, also through npm', async () => {
    await mkdir(join(directory, 'elsewhere'));
    await writeFile(join(directory, 'elsewhere/my.env'), 'PORT=7001\n');
    const settings = {
      INIT_CWD: join(directory, 'elsewhere'),
      npm_package_name: 'openwhisk-bittorrent-tracker',
    };
    const { status, stdout } = await runTracker(['settings', '--settings', 'my.env'], settings, {
      cwd: directory,
    });
    expect(status, stdout).to.equal(0);
    expect(stdout).to.match(/^PORT +7001 +\S*my\.env:1$/m);
  });
});
