import type { Config } from '../config.js';
import { inOneLine } from '../error-message.js';
import type { Log } from '../log.js';
import { AdminError, askTracker } from '../admin/client.js';
import { AdminProtocolError } from '../admin/protocol.js';
import { StoreError } from '../store/errors.js';
import { driverOf } from '../store/registry.js';
import type { Store } from '../store/store.js';
import { enterStore, openStore } from './open-store.js';
import { StartError } from './start-error.js';

/** One piece of work on the store that STORE names. */
export interface StoreWork<T> {
  /** What the running tracker is asked for, if the embedded store is in use: see adminCommands. */
  readonly command: string;
  /** What it means if it fails, e.g. `the purge failed`. */
  readonly failure: string;
  /** The same without a running tracker. */
  readonly work: (store: Store) => Promise<T>;
}

/**
 * Has the tracker that runs on the embedded store do some work; without one, or on another store,
 * opens the store, does the work, and closes it.
 * @throws StartError if the store cannot be opened or fails, ConfigError if settings do not go
 * together
 */
export async function withStore<T>(
  config: Config,
  log: Log,
  { command, failure, work }: StoreWork<T>,
): Promise<T> {
  try {
    await enterStore(config);
    const { exclusive } = driverOf(config.storeName);
    if (exclusive !== undefined) {
      const answer = await askTracker(exclusive.adminSocket, command);
      if (answer !== undefined) return answer.result as T;
    }
    return await workOn(await openStore(config, Math.random, log), work);
  } catch (cause) {
    if (cause instanceof StoreError || cause instanceof AdminError || cause instanceof AdminProtocolError) {
      throw new StartError(`${failure}: ${inOneLine(cause)}`, { cause });
    }
    throw cause;
  }
}

async function workOn<T>(store: Store, work: (store: Store) => Promise<T>): Promise<T> {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
