import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { startProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { buildFirst } from '../../standalone/support/entry.js';

const script = fileURLToPath(new URL('../../../bin/tracker.mjs', import.meta.url));

/** In the place of wskdeploy: says its own id, and takes its time. */
const slowTool = '#!/bin/sh\n[ "$1" = version ] && exit\necho $$ >"$PID_FILE"\nexec sleep 60\n';

describe('npm run deploy, when it is stopped', () => {
  const atEnd = new Cleanup();
  let directory: string;
  let temporary: string;

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
    temporary = await makeTempDir();
    atEnd.add(() => removeTempDir(temporary));
    await writeFile(`${directory}/wskdeploy`, slowTool);
    await chmod(`${directory}/wskdeploy`, 0o700);
  });

  afterEach(() => atEnd.run());

  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    it(`by ${signal} ends wskdeploy, and leaves no file with the namespace's key`, async () => {
      const program = await startProgram(process.execPath, [script, 'deploy', '--preview'], {
        env: {
          PATH: process.env['PATH'],
          TMPDIR: temporary,
          PID_FILE: `${directory}/pid`,
          WSKDEPLOY: `${directory}/wskdeploy`,
          OPENWHISK_APIHOST: 'http://127.0.0.1:1',
          OPENWHISK_NAMESPACE: 'guest',
          OPENWHISK_AUTH: 'uuid:key-of-the-namespace',
          TRACKER_SECRET: 'the-secret-of-the-tests_0123456789',
          RIAK_NODES: '127.0.0.1:8087',
        },
      });
      atEnd.add(() => program.kill9());
      const pid = await eventually(
        'wskdeploy runs',
        8000,
        () => pidIn(directory),
        () => program.describe(),
      );
      expect(await readdir(temporary)).to.have.length(1);
      process.kill(program.pid, signal);
      expect(await program.ended).to.deep.equal({ status: undefined, signal });
      expect(await readdir(temporary)).to.deep.equal([]);
      await eventually('wskdeploy has ended', 2000, () => !isAlive(pid));
    });
  }
});

async function pidIn(directory: string): Promise<number | undefined> {
  if (!(await readdir(directory)).includes('pid')) return undefined;
  return Number(await readFile(`${directory}/pid`, 'utf8')) || undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
