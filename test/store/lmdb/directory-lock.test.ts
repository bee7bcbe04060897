import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { StoreRefusedError } from '../../../lib/store/errors.js';
import { rejectionOf } from '../../support/rejection.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { openQuietStore } from './quiet-store.js';

type Child = ChildProcessByStdio<Writable, Readable, null>;

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
const KEY = 'a'.repeat(40);

describe('the lock of a data directory', function () {
  this.timeout(60_000);
  let directory: string;
  const children: Child[] = [];

  beforeEach(async () => {
    directory = await makeTempDir();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child);
    await removeTempDir(directory);
  });

  function start(command: readonly string[] = []): Child {
    const node = [process.execPath, '--import', 'tsx', CHILD, 'hold', directory];
    const [program = process.execPath, ...args] = command.concat(node);
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  }

  /** The first line that it prints. */
  async function lineOf(child: Child): Promise<string> {
    let output = '';
    while (!output.includes('\n')) output += String((await once(child.stdout, 'data'))[0]);
    return output.split('\n')[0] ?? '';
  }

  async function end(child: Child): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  it('refuses a second process, and names the first and since when it runs', async () => {
    const first = start();
    expect(await lineOf(first)).to.equal('holds');
    const error = await rejectionOf(openQuietStore(directory));
    expect(error).to.be.instanceOf(StoreRefusedError);
    expect(error)
      .to.have.property('message')
      .that.matches(
        new RegExp(`^in use: process ${first.pid ?? 0} has had it since 20\\d\\d-[\\d-]+T[\\d:.]+Z; `),
      );
    // It was let in before it was refused, and must not be in the way.
    first.stdin.end();
    await once(first, 'exit');
    await (await openQuietStore(directory)).close();
  });

  it('refuses a second store of the same process, whose first one keeps the lock', async () => {
    const store = await openQuietStore(directory);
    expect(await rejectionOf(openQuietStore(directory))).to.be.instanceOf(StoreRefusedError);
    expect(await lineOf(start())).to.contain(`process ${process.pid} has had it since`);
    await store.close();
  });

  it('is free when its process was killed, at once', async () => {
    for (let round = 0; round < 3; round++) {
      const child = start();
      expect(await lineOf(child)).to.equal('holds');
      await end(child);
      const store = await openQuietStore(directory);
      expect((await store.put(`${round}`.padEnd(40), Uint8Array.of(1))).stored).to.equal(true);
      await store.close();
    }
  });

  it('stays with a process that is stopped', async () => {
    const child = start();
    await lineOf(child);
    child.kill('SIGSTOP');
    expect(await rejectionOf(openQuietStore(directory))).to.be.instanceOf(StoreRefusedError);
  });

  it('has one of several that start in the same instant, each time', async () => {
    for (let round = 0; round < 4; round++) {
      const lines = await Promise.all([0, 1, 2, 3].map(() => lineOf(start())));
      expect(
        lines.filter((line) => line === 'holds'),
        lines.join('\n'),
      ).to.have.length(1);
      for (const line of lines)
        expect(line).to.match(/^holds$|^StoreRefusedError: in use: process \d+ has had it/);
      for (const child of children.splice(0)) await end(child);
    }
  });

  (process.getuid?.() === 0 && process.platform === 'linux' ? it : it.skip)(
    'stays with a process of another container that has the same id',
    async () => {
      const container = ['unshare', '--fork', '--kill-child', '--pid'];
      const first = start(container);
      expect(await lineOf(first)).to.equal('holds');
      expect(await lineOf(start(container))).to.equal(
        'StoreRefusedError: in use: process 1 runs in another container; one process may use a directory at a time',
      );
      // And is free when that was killed.
      await end(first);
      expect(await lineOf(start(container))).to.equal('holds');
    },
  );

  it('is gone if its file was deleted: the store says so by its check', async () => {
    const store = await openQuietStore(directory);
    await store.put(KEY, Uint8Array.of(1));
    await store.check();
    await rm(join(directory, 'lock'));
    expect(await rejectionOf(store.check())).to.be.instanceOf(Error);
    await store.close();
  });
});
