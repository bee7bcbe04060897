import { resolve } from 'node:path';

import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { riakOptions } from '../config/riak.js';
import { systemClock, type Random } from '../environment.js';
import { openLmdbStore } from '../store/lmdb/index.js';
import { openRiakStore } from '../store/riak/riak-store.js';
import type { Store } from '../store/store.js';
import { reasonOf, StartError } from './start-error.js';
import { poolThreads } from './thread-pool.js';

/**
 * Opens the store that STORE names.
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

async function openLmdb(config: Config, log: Log): Promise<Store> {
  refuseOneThread();
  const directory = resolve(config.dataDirectory);
  try {
    return await openLmdbStore({ directory, durability: config.durability, log });
  } catch (cause) {
    throw new StartError(`cannot use the data directory ${directory} (DATA_DIR): ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** Who has the lock of the journal has a thread to itself: with no other one nothing would ever be written, nor the lock given back. */
function refuseOneThread(): void {
  if (poolThreads(process.env['UV_THREADPOOL_SIZE']) > 1) return;
  throw new StartError(
    'the store on LMDB needs two threads at least: set UV_THREADPOOL_SIZE to 2 or more, or do not set it',
  );
}
