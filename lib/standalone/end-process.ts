import { setTimeout as delay } from 'node:timers/promises';

let ending: Promise<never> | undefined;

const preparations: (() => Promise<void>)[] = [];

/** Names what must be done before the process can exit, e.g. by a store whose threads Node would wait for. */
export function beforeExit(prepare: () => Promise<void>): void {
  preparations.push(prepare);
}

/**
 * Ends the process, whatever the store is about. The first status that is given counts. Never settles.
 * If what must be done first does not end in time, nothing but to be killed ends the process.
 */
export function endProcess(status: number): Promise<never> {
  ending ??= end(status);
  return ending;
}

async function end(status: number): Promise<never> {
  const isFree = await Promise.race([
    Promise.all(preparations.map((prepare) => prepare())).then(() => true),
    delay(MOST_MS, false),
  ]);
  if (isFree) process.exit(status);
  process.kill(process.pid, 'SIGKILL');
  // Still here: the system spares the first process of a container, unless it crashes.
  process.abort();
}

/** Long enough for what is being written; at most that much is added to SHUTDOWN_TIMEOUT. */
const MOST_MS = 200;
