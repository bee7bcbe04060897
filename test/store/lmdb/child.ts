/**
 * Uses a store in a process of its own, for tests that end it or work beside it. Arguments: what to
 * do, the directory, durability. Each line it prints is something that was answered.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import type { Durability } from '../../../lib/store/lmdb/environment.js';
import type { Store } from '../../../lib/store/store.js';

import { collectGarbage } from '../../support/collect-garbage.js';
import { openQuietStore } from './quiet-store.js';

/** Puts new keys, 16 at a time, until it is killed. */
async function putUntilKilled(store: Store): Promise<void> {
  let serial = 0;
  const putNext = async (): Promise<never> => {
    for (;;) {
      const key = (serial++).toString(16).padStart(40, '0');
      await store.put(key, Buffer.from(key));
      await store.increment('f'.repeat(40), 1);
      process.stdout.write(`${key}\n`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, putNext));
}

/** Holds the store until its standard input ends. */
async function hold(store: Store): Promise<void> {
  // What only the collector knows of must not be what holds it.
  await collectGarbage();
  await delay(50);
  await collectGarbage();
  process.stdout.write('holds\n');
  process.stdin.resume();
  await once(process.stdin, 'end');
  await store.close();
  process.stdout.write('closed\n');
}

/** Puts until a put fails, then tells which error it was, and that the store still reads and closes. */
async function fillDisk(store: Store): Promise<void> {
  const first = '0'.repeat(40);
  for (let serial = 0; ; serial += 1) {
    try {
      await store.put(serial.toString(16).padStart(40, '0'), new Uint8Array(60_000).fill(serial));
    } catch (error) {
      process.stdout.write(`${error instanceof Error ? error.name : String(error)}\n`);
      break;
    }
  }
  const { values } = await store.fetch(first);
  process.stdout.write(`${values.length} read\n`);
  await store.close();
  process.stdout.write('closed\n');
}

/** Tells which error a check gives when neither file may grow, three times. */
async function checkOnFullDisk(store: Store): Promise<void> {
  // A bound on the size of a file is a full disk to LMDB.
  execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=4096:4096']);
  for (let i = 0; i < 3; i++) {
    const error: unknown = await store.check().catch((reason: unknown) => reason);
    process.stdout.write(`${error instanceof Error ? error.name : 'no error'}\n`);
    // What nobody has handled by now would end the process.
    await delay(20);
  }
  process.exit();
}

const tasks: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  putUntilKilled,
  hold,
  fillDisk,
  checkOnFullDisk,
};
const [task = '', directory = '', durability = 'flush'] = process.argv.slice(2);
try {
  await tasks[task]?.(await openQuietStore(directory, durability as Durability));
} catch (error) {
  // What a tracker would say.
  process.stdout.write(`${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
  process.exitCode = 2;
}
