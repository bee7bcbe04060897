import type { Log } from '../log.js';
import { ClientError, Refusal } from '../bittorrent/errors.js';
import { isStoreUnavailable } from '../store/errors.js';
import { DeadlineError } from './deadlines.js';
import type { Outcome } from './metrics.js';

/** What a client is told of a request that failed. */
export interface Failure {
  /** Short, fixed words. */
  readonly reason: string;
  /** Minutes after which to try again, or `never` (BEP 31); undefined leaves it to the client. */
  readonly retryIn: number | 'never' | undefined;
}

/**
 * Tells a client's own mistake in its fixed words, and what passes by itself with a time to try again (BEP 31). Anything
 * else is an internal error to the client, and its cause a log line.
 * @param error what a request was rejected with
 */
export function failureOf(error: unknown, retryInMinutes: number, log: Log): Failure {
  if (error instanceof ClientError) return { reason: error.message, retryIn: error.retryIn };
  if (isBusy(error)) {
    log.warn('tracker busy', { cause: error });
    return { reason: 'the tracker is busy, try again later', retryIn: retryInMinutes };
  }
  log.error('internal error', { cause: error });
  return { reason: 'internal error', retryIn: retryInMinutes };
}

/** How a request ended that was rejected with this. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof Refusal) return 'refused';
  return isBusy(error) ? 'busy' : 'failed';
}

function isBusy(error: unknown): boolean {
  return error instanceof DeadlineError || isStoreUnavailable(error);
}
