import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { memoryOf } from '../../bench/support/process-memory.js';
import { eventually } from '../support/eventually.js';
import { startProgram, type RunningProgram } from '../support/running-program.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = [
  ...['actions', 'bin', 'deploy', 'lib', 'scripts', 'webpack'],
  ...['webpack.config.mjs', 'tsconfig.json', 'package.json', 'package-lock.json'],
];

describe('the first start of a fresh clone', function () {
  this.timeout(90_000);
  let directory = '';
  let program: RunningProgram | undefined;

  beforeEach(async () => {
    directory = await makeTempDir();
    const copy = join(directory, 'clone');
    await mkdir(copy);
    for (const source of sources) await cp(join(root, source), join(copy, source), { recursive: true });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  });

  afterEach(async () => {
    await program?.kill9();
    await removeTempDir(directory);
  });

  async function start(): Promise<RunningProgram> {
    program = await startProgram(process.execPath, [join(directory, 'clone/deploy/standalone/start.mjs')], {
      cwd: directory,
      env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: join(directory, 'data') },
    });
    return program;
  }

  /** The process that builds for the tracker's. */
  function builderOf({ pid }: RunningProgram): Promise<number> {
    return eventually('a process that builds', 20_000, () => {
      const [line] = runningUnder(pid);
      return line;
    });
  }

  it('builds, and leaves nothing of the compiler in the process that goes on as the tracker', async () => {
    const tracker = await start();
    await eventually(
      'an announce URL',
      80_000,
      () => {
        if (tracker.exit !== undefined) throw new Error(tracker.describe());
        return tracker.stdout.includes('/announce');
      },
      () => tracker.describe(),
    );
    expect(memoryOf(tracker.pid).peak / 2 ** 20, 'MiB').to.be.below(200);
  });

  it('ends with status 1 and says where, if a source does not compile', async () => {
    await appendFile(join(directory, 'clone/actions/announce.ts'), '\nexport const broken = = 1;\n');
    const tracker = await start();
    expect((await tracker.ended).status, tracker.describe()).to.equal(1);
    expect(tracker.stderr).to.include('actions/announce.ts').and.to.include('the build failed');
    expect(existsSync(join(directory, 'data')), 'data').to.equal(false);
  });

  it('ends what builds when it is killed', async () => {
    const tracker = await start();
    const builder = await builderOf(tracker);
    await tracker.kill9();
    await eventually('the end of the build', 10_000, () => !isRunning(builder));
    expect(existsSync(join(directory, 'clone/dist/built-from.json')), 'a whole build').to.equal(false);
  });
});

function runningUnder(pid: number): number[] {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .map(Number)
      .filter((child) => child > 0);
  } catch {
    // Its status says that there is none.
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
