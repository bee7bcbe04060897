import { ConfigError, parseConfig } from '../config.js';
import { riakOptions } from '../config/riak.js';
import { systemClock } from '../environment.js';
import { openRiakStore } from '../store/riak/riak-store.js';
import type { TrackerComponents } from '../tracker/components.js';
import { failureReply } from '../tracker/failures.js';
import { stdoutLog } from './stdout-log.js';
import { failureResult, type WebAction, type WebActionParams } from './web-action.js';

/**
 * An action as OpenWhisk runs it: made from the parameters of its first run, and used for all that follow in the same process. Its store
 * connects with the first call to it.
 */
export function platformAction(create: (components: TrackerComponents) => WebAction): WebAction {
  let action: WebAction | undefined;
  return async (params) => {
    try {
      action ??= create(componentsOf(params));
    } catch (error) {
      return failureResult(failureReply(error, RETRY_MINUTES, stdoutLog('error')));
    }
    return action(params);
  };
}

/** @throws ConfigError for a parameter that cannot be used */
function componentsOf(params: WebActionParams): TrackerComponents {
  const config = parseConfig(params);
  if (config.storeName !== 'riak') {
    throw new ConfigError(
      'STORE',
      `is ${config.storeName}, takes riak in an action, which has no disk of its own`,
    );
  }
  const log = stdoutLog(config.logLevel);
  const random = Math.random;
  const store = openRiakStore({ ...riakOptions(config), clock: systemClock, random, log });
  return { config, store, clock: systemClock, random, log };
}

/** When a client is asked to come back to an action whose parameters are wrong: an operator has to mend them. */
const RETRY_MINUTES = 5;
