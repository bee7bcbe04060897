import { setTimeout as delay } from 'node:timers/promises';

import { giveUpLocks } from '../store/lmdb/index.js';

let ending: Promise<never> | undefined;

/**
 * Ends the process, whatever the store is about. The first status that is given counts. Never settles.
 *
 * A thread that has the lock of the journal, or waits for it, would keep the process, as Node waits for its threads: so that lock is given up first.
 * If another process does not give it back, nothing but to be killed ends this one.
 */
export function endProcess(status: number): Promise<never> {
  ending ??= end(status);
  return ending;
}

async function end(status: number): Promise<never> {
  const isFree = await Promise.race([giveUpLocks().then(() => true), delay(MOST_MS, false)]);
  if (isFree) process.exit(status);
  process.kill(process.pid, 'SIGKILL');
  // Still here: the system spares the first process of a container, unless it crashes.
  process.abort();
}

/** Long enough for what is being written; at most that much is added to SHUTDOWN_TIMEOUT. */
const MOST_MS = 200;
