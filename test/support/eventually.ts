import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 50;

/**
 * Waits until `probe` gives something other than undefined and false, and returns that. Errors of
 * the probe end the wait.
 * @param what says in the failure what was waited for
 * @param state what a reader of the failure wants to know, e.g. the output of the programs involved
 * @throws Error when `deadlineMs` milliseconds have passed
 */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  probe: () => T | Promise<T>,
  state: () => string = () => '',
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}\n${state()}`);
    await delay(pollMs);
  }
}
