import { format } from 'node:util';

import winston from 'winston';

import { messageOf } from '../../error-message.js';
import type { Log } from '../../log.js';

/**
 * Sends what the client logs to the tracker's log, as warnings: the store reports what failed itself, with its cause.
 * The client has one logger for the whole process, so the last store that was opened gets the lines. Its debug lines, several for each
 * command, are dropped before they are put together.
 */
export function routeClientLog(log: Log): void {
  const pass = (text: string, ...values: unknown[]): void => {
    log.warn('riak client', { message: formatted(text, values) });
  };
  const drop = (): void => undefined;
  Object.assign(winston, { error: pass, warn: pass, warning: pass, info: drop, debug: drop });
}

/** Errors by their message only: the store reports them with their cause. */
function formatted(text: string, values: readonly unknown[]): string {
  return format(text, ...values.map((value) => (value instanceof Error ? messageOf(value) : value)));
}
