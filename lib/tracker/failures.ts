import type { Log } from '../log.js';
import { ClientError } from '../bittorrent/errors.js';
import { encodeFailure } from '../http/failure.js';
import { isStoreUnavailable } from '../store/errors.js';
import { DeadlineError } from './deadlines.js';

/**
 * The reply to a request that failed. A client's own mistake is told in its fixed words; what passes by itself is told with a time to try again (BEP
 * 31); anything else is an internal error to the client, and its cause a log line.
 */
export function failureReply(error: unknown, retryInMinutes: number, log: Log): Buffer {
  if (error instanceof ClientError) return encodeFailure(error.message, error.retryIn);
  if (error instanceof DeadlineError || isStoreUnavailable(error)) {
    log.warn('tracker busy', { cause: error });
    return encodeFailure('the tracker is busy, try again later', retryInMinutes);
  }
  log.error('internal error', { cause: error });
  return encodeFailure('internal error', retryInMinutes);
}
