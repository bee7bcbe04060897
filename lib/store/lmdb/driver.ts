import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';

import { reasonOf } from '../../error-message.js';
import { defineStore } from '../driver.js';
import { StoreError } from '../errors.js';
import { lmdbSettings } from './settings.js';
import { poolThreads } from './thread-pool.js';

/** STORE=lmdb: the embedded store. */
export const lmdbDriver = defineStore({
  settings: lmdbSettings,
  runsInActions: false,
  async open({ dataDirectory, durability }, { log }) {
    refuseOneThread();
    const directory = resolve(dataDirectory);
    const { openLmdbStore } = await import(/* webpackMode: "eager" */ './index.js');
    try {
      return await openLmdbStore({ directory, durability, log });
    } catch (cause) {
      throw new StoreError(`cannot use the data directory ${directory} (DATA_DIR): ${reasonOf(cause)}`, {
        cause,
      });
    }
  },
  async exists({ dataDirectory }) {
    try {
      const files = await readdir(resolve(dataDirectory));
      return files.some((file) => file.endsWith('.mdb'));
    } catch (error) {
      // Whatever else is wrong with the directory, opening the store says it.
      return (error as NodeJS.ErrnoException).code !== 'ENOENT';
    }
  },
  async *examine(values) {
    const { examineLmdb } = await import(/* webpackMode: "eager" */ './examine.js');
    yield* examineLmdb(values);
  },
  async beforeExit() {
    const { giveUpLocks } = await import(/* webpackMode: "eager" */ './index.js');
    await giveUpLocks();
  },
});

/** Who has the lock of the journal has a thread to itself: with no other one nothing would ever be written, nor the lock given back. */
function refuseOneThread(): void {
  if (poolThreads(process.env['UV_THREADPOOL_SIZE']) > 1) return;
  throw new StoreError(
    'the store on LMDB needs two threads at least: set UV_THREADPOOL_SIZE to 2 or more, or do not set it',
  );
}
