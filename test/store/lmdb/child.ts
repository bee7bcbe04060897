/**
 * Uses a store in a process of its own, for tests that end it or work beside it.
 * Arguments: what to do, the directory, durability. Each line it prints is something that was answered.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { Durability } from '../../../lib/store/lmdb/index.js';
import type { Store } from '../../../lib/store/store.js';

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

/** Adds 1 to a number under a key, by compare and swap, and to a count, 200 times. */
async function addUp(store: Store): Promise<void> {
  const key = 'a'.repeat(40);
  for (let added = 0; added < 200; added += 1) {
    let held = await store.fetch(key);
    for (;;) {
      const sum = Number(Buffer.from(held.values[0] ?? []).toString() || '0') + 1;
      const result = await store.put(key, Buffer.from(String(sum)), held.version);
      if (result.stored) break;
      held = result;
    }
    await store.increment(key, 1);
  }
  await store.close();
  process.stdout.write('done\n');
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
  addUp,
  fillDisk,
  checkOnFullDisk,
};
const [task = '', directory = '', durability = 'flush'] = process.argv.slice(2);
await tasks[task]?.(await openQuietStore(directory, durability as Durability));
