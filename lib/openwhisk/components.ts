import { ConfigError, parseConfig } from '../config.js';
import { systemClock } from '../environment.js';
import { driverOf, storeDrivers, storeNames } from '../store/registry.js';
import type { TrackerComponents } from '../tracker/components.js';
import { stdoutLog } from './stdout-log.js';

/** What main is called with. */
export type ActionParams = Readonly<Record<string, unknown>>;

/**
 * What an action is made of, from the parameters of its first run, once for all runs of the process. A deployment with other parameters gets other
 * processes. Nothing is connected before the store is called, and then for all runs together.
 * @returns gives what `create` made; throws ConfigError, every time, for parameters that cannot be used
 */
export function madeOnce<T>(
  create: (components: TrackerComponents) => T,
): (params: ActionParams) => Promise<T> {
  let made: Promise<T> | undefined;
  return (params) => {
    made ??= componentsOf(params).then(create);
    // Parameters that cannot be used are looked at anew by every run.
    made.catch(() => (made = undefined));
    return made;
  };
}

async function componentsOf(params: ActionParams): Promise<TrackerComponents> {
  const config = parseConfig(params);
  const driver = driverOf(config.storeName);
  if (!driver.runsInActions) {
    const usable = storeNames.filter((name) => storeDrivers[name].runsInActions);
    throw new ConfigError(
      'STORE',
      `is ${config.storeName}, takes ${usable.join(' or ')} in an action, which has no disk of its own`,
    );
  }
  const log = stdoutLog(config.logLevel);
  const random = Math.random;
  const store = await driver.open(config, { clock: systemClock, random, log });
  return { config, store, clock: systemClock, random, log };
}
