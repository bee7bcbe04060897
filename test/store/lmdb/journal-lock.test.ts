import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { giveUpLocks, JournalLock } from '../../../lib/store/lmdb/journal-lock.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

describe('the lock of the journal', function () {
  this.timeout(30_000);
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  it('is held by one at a time, each of whom gets it', async () => {
    const locks = [0, 1, 2].map(() => new JournalLock(directory));
    let inside = 0;
    let most = 0;
    await Promise.all(
      locks.map(async (lock) => {
        for (let i = 0; i < 100; i++) {
          await lock.acquire();
          most = Math.max(most, ++inside);
          expect(lock.isHeld).to.equal(true);
          if (i % 3 === 0) await new Promise(setImmediate);
          inside--;
          lock.release();
          expect(lock.isHeld).to.equal(false);
        }
      }),
    );
    expect(most).to.equal(1);
    await Promise.all(locks.map((lock) => lock.close()));
  });

  it('shows who has it that another one waits, and not for longer than it does', async () => {
    const [holder, waiter] = [new JournalLock(directory), new JournalLock(directory)];
    await holder.acquire();
    expect(holder.isWanted).to.equal(false);
    const acquired = waiter.acquire();
    while (!holder.isWanted) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(waiter.isHeld).to.equal(false);
    holder.release();
    await acquired;
    expect(waiter.isHeld).to.equal(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    waiter.release();
    await holder.acquire();
    expect(holder.isWanted).to.equal(false);
    await Promise.all([holder.close(), waiter.close()]);
  });

  it('is waited for also by who cannot ask for it', async () => {
    await mkdir(join(directory, 'journal.wanted'));
    const [holder, waiter] = [new JournalLock(directory), new JournalLock(directory)];
    await holder.acquire();
    const acquired = waiter.acquire();
    await new Promise((resolve) => setTimeout(resolve, 30));
    holder.release();
    await acquired;
    expect(waiter.isHeld).to.equal(true);
    await Promise.all([holder.close(), waiter.close()]);
  });

  it('is free when the process that had it was killed', async () => {
    const holder = spawn(process.execPath, ['--import', 'tsx', HOLDER, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const exited = once(holder, 'exit');
    // By another process: to open the file waits for the lock as well, and this one does nothing meanwhile.
    spawn('sh', ['-c', `sleep 0.3; kill -9 ${holder.pid}`], { stdio: 'inherit' });
    const lock = new JournalLock(directory);
    await lock.acquire();
    expect(lock.isHeld).to.equal(true);
    await exited;
    await lock.close();
  });

  it('is given up by a process that ends when whoever has it is done, and never acquired again', async () => {
    const [holder, waiter] = [new JournalLock(directory), new JournalLock(directory)];
    await holder.acquire();
    let acquired = 0;
    void waiter.acquire().then(() => acquired++);
    let isGivenUp = false;
    const givenUp = giveUpLocks().then(() => (isGivenUp = true));
    expect(holder.isWanted).to.equal(true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([holder.isHeld, isGivenUp]).to.deep.equal([true, false]);
    holder.release();
    void holder.acquire().then(() => acquired++);
    await givenUp;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(acquired).to.equal(0);
    await Promise.all([holder.close(), waiter.close()]);
  });

  it('is not given up as long as another process does not give it back', async () => {
    const lock = new JournalLock(directory);
    const holder = spawn(process.execPath, ['--import', 'tsx', HOLDER, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const exited = once(holder, 'exit');
    let acquired = 0;
    void lock.acquire().then(() => acquired++);
    await new Promise((resolve) => setTimeout(resolve, 30));
    let isGivenUp = false;
    const givenUp = giveUpLocks().then(() => (isGivenUp = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isGivenUp).to.equal(false);
    holder.kill('SIGKILL');
    await Promise.all([exited, givenUp]);
    // It came by then, and was given back at once.
    expect(acquired).to.equal(0);
    await lock.close();
  });

  it('is not that of a file that was deleted or replaced', async () => {
    const lock = new JournalLock(directory);
    expect(lock.isInPlace()).to.equal(true);
    await rm(join(directory, 'owner.mdb'));
    expect(lock.isInPlace()).to.equal(false);
    await writeFile(join(directory, 'owner.mdb'), 'another file');
    expect(lock.isInPlace()).to.equal(false);
    await lock.close();
    expect(await readdir(directory)).not.to.include('journal.wanted');
  });
});

const HOLDER = fileURLToPath(new URL('lock-holder.ts', import.meta.url));
