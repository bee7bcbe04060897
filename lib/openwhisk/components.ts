import { ConfigError, parseConfig } from '../config.js';
import { riakOptions } from '../config/riak.js';
import { systemClock } from '../environment.js';
import { openRiakStore } from '../store/riak/riak-store.js';
import type { TrackerComponents } from '../tracker/components.js';
import { stdoutLog } from './stdout-log.js';

/** What main is called with. */
export type ActionParams = Readonly<Record<string, unknown>>;

/**
 * What an action is made of, from the parameters of its first run, once for all runs of the process. A deployment with other parameters gets other
 * processes. Nothing is connected before the store is called, and then for all runs together.
 * @returns gives what `create` made; throws ConfigError, every time, for parameters that cannot be used
 */
export function madeOnce<T>(create: (components: TrackerComponents) => T): (params: ActionParams) => T {
  let made: T | undefined;
  return (params) => (made ??= create(componentsOf(params)));
}

function componentsOf(params: ActionParams): TrackerComponents {
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
