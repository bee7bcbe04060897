import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';

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
  closeGoneTerminals();
  if (isFree) process.exit(status);
  process.kill(process.pid, 'SIGKILL');
  // Still here: the system spares the first process of a container, unless it crashes.
  process.abort();
}

/** Those that this process was started with. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/** Node gives terminals back their modes when it exits, and crashes if one is gone: but not if it is closed. */
function closeGoneTerminals(): void {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
}

/** Long enough for what is being written; at most that much is added to SHUTDOWN_TIMEOUT. */
const MOST_MS = 200;
