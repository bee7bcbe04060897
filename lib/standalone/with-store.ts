import type { Config } from '../config.js';
import { reasonOf } from '../error-message.js';
import type { Log } from '../log.js';
import { StoreError } from '../store/errors.js';
import type { Store } from '../store/store.js';
import { openStore } from './open-store.js';
import { StartError } from './start-error.js';

/**
 * Opens the store that STORE names for one piece of work, and closes it after that.
 * @param failure what it means if the store fails meanwhile, e.g. `the purge failed`
 * @throws StartError if the store cannot be opened or fails, ConfigError if its settings do not go together
 */
export async function withStore<T>(
  config: Config,
  log: Log,
  failure: string,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(config, Math.random, log);
  try {
    return await work(store);
  } catch (cause) {
    throw cause instanceof StoreError ? new StartError(`${failure}: ${inOneLine(cause)}`, { cause }) : cause;
  } finally {
    await store.close();
  }
}

/** What failed, and what the system said unless that is part of it. */
function inOneLine(error: StoreError): string {
  const reason = reasonOf(error);
  const text = error.message.includes(reason) ? error.message : `${error.message}: ${reason}`;
  return text.replaceAll(/\s+/g, ' ');
}
