import type { Config } from '../config.js';
import { systemClock, type Random } from '../environment.js';
import type { Log } from '../log.js';
import { driverOf } from '../store/registry.js';
import type { Store } from '../store/store.js';
import { StoreError } from '../store/errors.js';
import { beforeExit } from './end-process.js';
import { StartError } from './start-error.js';

/**
 * Opens the store that STORE names.
 * @throws StartError if it cannot be used, ConfigError if its settings do not go together
 */
export async function openStore(config: Config, random: Random, log: Log): Promise<Store> {
  const driver = driverOf(config.storeName);
  beforeExit(async () => driver.beforeExit?.());
  try {
    return await driver.open(config, { clock: systemClock, random, log });
  } catch (cause) {
    throw cause instanceof StoreError ? new StartError(cause.message, { cause }) : cause;
  }
}
