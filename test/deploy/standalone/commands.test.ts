import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from '../../support/free-port.js';
import { startProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const entry = join(root, 'deploy/standalone/start.mjs');
const build = join(root, 'scripts/build.mjs');

interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

describe('a command on the store', function () {
  let directory = '';

  before(async function () {
    this.timeout(120_000);
    const program = await startProgram(process.execPath, [build]);
    expect((await program.ended).status, program.describe()).to.equal(0);
  });

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  /** Runs a command to its end. */
  async function run(command: string, settings: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const program = await startProgram(process.execPath, [entry, command], {
      cwd: directory,
      env: { PATH: process.env['PATH'], DATA_DIR: join(directory, 'data'), ...settings },
    });
    const { status } = await program.ended;
    return { status, stdout: program.stdout, stderr: program.stderr };
  }

  for (const command of ['purge']) {
    describe(`npm run ${command}`, () => {
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

      it('ends with status 1 when the store fails, and says why in a line', async () => {
        const riak = `127.0.0.1:${await freePort()}`;
        const settings = { STORE: 'riak', RIAK_NODES: riak, LOG_LEVEL: 'silent' };
        const { status, stdout, stderr } = await run(command, settings);
        expect([status, stdout], stderr).to.deep.equal([1, '']);
        expect(stderr).to.match(/^the \w+ failed: no node of Riak [^\n]*\n$/);
        expect(stderr).to.contain(`ECONNREFUSED ${riak}`);
      });
    });
  }
});
