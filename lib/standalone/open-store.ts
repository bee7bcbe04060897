import type { Config } from '../config.js';
import { systemClock, type Random } from '../environment.js';
import type { Log } from '../log.js';
import { StoreError, StoreRefusedError } from '../store/errors.js';
import { driverOf } from '../store/registry.js';
import type { Store } from '../store/store.js';
import { failed, misused, StartError } from './start-error.js';

/**
 * Readies the process for a store that one process has to itself; does nothing for others. To be
 * called once, before the store is opened or the tracker that has it is asked.
 * @throws (rejects with) a StartError if it cannot be used
 */
export async function enterStore(config: Config): Promise<void> {
  try {
    await driverOf(config.storeName).exclusive?.enter(config);
  } catch (cause) {
    throw startError(cause);
  }
}

/**
 * Opens the store that STORE names, after `enterStore`.
 * @throws StartError if it cannot be used, ConfigError if its settings do not go together
 */
export async function openStore(config: Config, random: Random, log: Log): Promise<Store> {
  try {
    return await driverOf(config.storeName).open(config, { clock: systemClock, random, log });
  } catch (cause) {
    throw startError(cause);
  }
}

/** With the status that says whether somebody has to change something. */
function startError(cause: unknown): unknown {
  if (!(cause instanceof StoreError)) return cause;
  const status = cause instanceof StoreRefusedError ? misused : failed;
  return new StartError(cause.message, { cause, status });
}
