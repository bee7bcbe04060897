import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

import { openQuietStore } from './quiet-store.js';

type Child = ChildProcessByStdio<null, Readable, null>;

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const COUNTED = 'f'.repeat(40);
const NEW = 'a'.repeat(40);

describe('LMDB store and processes', function () {
  this.timeout(60_000);
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  for (const durability of ['flush', 'commit'] as const) {
    it(`has everything that was answered before a kill -9, answered after the ${durability}`, async () => {
      for (let round = 0; round < 3; round += 1) {
        const child = start('putUntilKilled', `${directory}/${round}`, durability);
        const answered = await linesUntilKilled(child, 200);
        const store = await openQuietStore(`${directory}/${round}`);
        for (const key of answered) {
          const { values } = await store.fetch(key);
          expect(values.map((value) => Buffer.from(value).toString())).to.deep.equal([key]);
        }
        expect(await store.count(COUNTED)).to.be.at.least(answered.length);
        // The dead process holds no lock.
        expect((await store.put(NEW, Uint8Array.of(1))).stored).to.equal(true);
        await store.close();
      }
    });
  }

  it('fails writes as unavailable when the disk is full, and goes on reading', async () => {
    // A bound on the size of a file is a full disk to LMDB.
    const limited = spawn(
      'sh',
      ['-c', 'ulimit -f 2048; exec "$0" --import tsx "$@"', process.execPath, CHILD, 'fillDisk', directory],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(await text(limited.stdout)).to.equal('StoreUnavailableError\n1 read\nclosed\n');
  });

  it('says that it is unavailable, each time it is checked, when neither of its files can be written', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD, 'checkOnFullDisk', directory], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(await text(child.stdout)).to.equal('StoreUnavailableError\n'.repeat(3));
  });
});

function start(task: string, directory: string, durability: string): Child {
  const child = ['--import', 'tsx', CHILD, task, directory, durability];
  return spawn(process.execPath, child, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/**
 * Kills the process in the middle of its work, when it has printed so many lines; gives all whole
 * lines that it printed.
 */
async function linesUntilKilled(child: Child, count: number): Promise<string[]> {
  const exited = once(child, 'exit');
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.split('\n').length > count) child.kill('SIGKILL');
  }
  await exited;
  return output.split('\n').slice(0, -1);
}
