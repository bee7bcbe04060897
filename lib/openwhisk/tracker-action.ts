import { withFields, type Log } from '../log.js';
import { parseAddress } from '../bittorrent/address.js';
import { ClientError } from '../bittorrent/errors.js';
import { queryOf } from '../http/request-target.js';
import type { TrackerComponents } from '../tracker/components.js';
import { Deadlines } from '../tracker/deadlines.js';
import { failureReply } from '../tracker/failures.js';
import {
  failureResult,
  headerOf,
  webActionResult,
  type WebAction,
  type WebActionParams,
  type WebActionResult,
} from './web-action.js';

/** Something that answers a client's query with a bencoded reply. It throws at once if the query is at fault, or rejects. */
export interface Tracker {
  answer(query: string, clientAddress: Uint8Array, log: Log): Promise<Buffer>;
}

/** A web action around a tracker: whatever goes wrong becomes a bencoded failure, in bounded time. */
export function trackerAction(tracker: Tracker, { config, log }: TrackerComponents): WebAction {
  const deadlines = new Deadlines(config.announceTimeoutMs);
  return (params, run) => {
    const runLog = run === undefined ? log : withFields(log, run);
    const failed = (error: unknown): WebActionResult =>
      failureResult(failureReply(error, config.retryInMinutes, runLog));
    try {
      const { query, clientAddress } = requestOf(params);
      return deadlines.within(tracker.answer(query, clientAddress, runLog)).then(webActionResult, failed);
    } catch (error) {
      return Promise.resolve(failed(error));
    }
  };
}

/** The request as the gateway passed it on. Never from the controller's own query, which is not what the client sent. */
function requestOf(params: WebActionParams): { query: string; clientAddress: Uint8Array } {
  const target = headerOf(params, 'x-original-uri');
  if (target === undefined) throw new ClientError('this tracker only answers through its gateway', 'never');
  const address = headerOf(params, 'x-real-ip');
  const clientAddress = address === undefined ? undefined : parseAddress(address);
  if (clientAddress === undefined)
    throw new ClientError('the gateway did not pass on the address of the client');
  return { query: queryOf(target), clientAddress };
}
