import { withFields } from '../log.js';
import { parseAddress } from '../bittorrent/address.js';
import { Scope, scopeOf } from '../bittorrent/address-scope.js';
import { ClientError } from '../bittorrent/errors.js';
import type { HttpFront, HttpHandler } from '../http/front.js';
import type { TrackerComponents } from '../tracker/components.js';
import { withCause } from './process-report.js';
import {
  failureResult,
  headerOf,
  webActionResult,
  type WebAction,
  type WebActionParams,
} from './web-action.js';

/**
 * A web action that answers with one of the handlers of a tracker: whatever goes wrong becomes a
 * bencoded failure.
 * @param failure what is answered to what the handler rejects with
 */
export function trackerAction(
  handler: HttpHandler,
  failure: HttpFront['failure'],
  { log }: Pick<TrackerComponents, 'log'>,
): WebAction {
  return async (params, run) => {
    const runLog = run === undefined ? log : withFields(log, run);
    try {
      const { target, from } = requestOf(params);
      return webActionResult(await handler(target, from, runLog));
    } catch (error) {
      return withCause(failureResult(failure(error, runLog)), params, error);
    }
  };
}

/**
 * The request as the gateway passed it on. Never from the controller's own query, which is not what
 * the client sent.
 */
function requestOf(params: WebActionParams): { target: string; from: Uint8Array } {
  const target = headerOf(params, 'x-original-uri');
  if (target === undefined) throw new ClientError('this tracker only answers through its gateway', 'never');
  const address = headerOf(params, 'x-real-ip');
  const from = address === undefined ? undefined : parseAddress(address);
  if (from === undefined || scopeOf(from) === Scope.none)
    throw new ClientError('the gateway did not pass on the address of the client');
  return { target, from };
}
