import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Config } from '../../lib/config.js';
import type { Log } from '../../lib/log.js';
import { riakOptions } from '../../lib/config/riak.js';
import { systemClock, type Random } from '../../lib/environment.js';
import { enterDataDirectory } from '../../lib/standalone/data-directory.js';
import { openLmdbStore, RefusedError } from '../../lib/store/lmdb/index.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import type { Store } from '../../lib/store/store.js';
import { failed, misused, reasonOf, StartError } from './start-error.js';

/**
 * Makes the directory of the embedded store the working directory, as its owner; does nothing for
 * other stores. To be called once, before the store is opened or a tracker is asked.
 * @throws StartError if it cannot be used
 */
export function enterStore({ storeName, dataDirectory }: Config): void {
  if (storeName !== 'lmdb') return;
  const directory = resolve(dataDirectory);
  try {
    enterDataDirectory(directory);
  } catch (cause) {
    throw directoryError(directory, cause);
  }
}

/**
 * Opens the store that STORE names, after `enterStore`.
 * @throws StartError if it cannot be used, ConfigError if its settings do not go together
 */
export async function openStore(config: Config, random: Random, log: Log): Promise<Store> {
  switch (config.storeName) {
    case 'lmdb':
      return openLmdb(config, log);
    case 'riak':
      return openRiakStore({ ...riakOptions(config), clock: systemClock, random, log });
  }
}

async function openLmdb({ durability }: Config, log: Log): Promise<Store> {
  try {
    return await openLmdbStore({ directory: '.', durability, log });
  } catch (cause) {
    throw directoryError(process.cwd(), cause);
  }
}

/** In a line, with the status that says whether somebody has to change something. */
function directoryError(directory: string, cause: unknown): StartError {
  const isRefused = cause instanceof RefusedError;
  const reason = isRefused ? cause.message : reasonOf(cause);
  const text = `cannot use the data directory ${directory} (DATA_DIR): ${reason}${ownersNote(directory)}`;
  return new StartError(text, { cause, status: isRefused ? misused : failed });
}

/** Whose the directory is, if that may be the reason. */
function ownersNote(directory: string): string {
  const user = process.geteuid?.();
  try {
    const { uid } = statSync(directory);
    if (user === undefined || user === 0 || user === uid) return '';
    return `; it belongs to user ${uid}, and this process runs as user ${user}`;
  } catch {
    return '';
  }
}
