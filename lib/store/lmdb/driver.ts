import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';

import { ADMIN_SOCKET } from '../../admin/protocol.js';
import { reasonOf } from '../../error-message.js';
import { defineStore } from '../driver.js';
import { StoreError, StoreRefusedError } from '../errors.js';
import { enterDataDirectory } from './data-directory.js';
import { lmdbSettings } from './settings.js';

/** STORE=lmdb: the embedded store. It is opened in the working directory, after `enter`. */
export const lmdbDriver = defineStore({
  settings: lmdbSettings,
  runsInActions: false,
  async open({ durability }, { log }) {
    const { openLmdbStore } = await import(/* webpackMode: "eager" */ './store.js');
    try {
      return await openLmdbStore({ directory: '.', durability, log });
    } catch (cause) {
      throw directoryError(process.cwd(), cause);
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
  exclusive: {
    async enter({ dataDirectory }) {
      // As the directory's owner this process may not be able to read its own code any more.
      await import(/* webpackMode: "eager" */ './store.js');
      const directory = resolve(dataDirectory);
      try {
        enterDataDirectory(directory);
      } catch (cause) {
        throw directoryError(directory, cause);
      }
    },
    adminSocket: ADMIN_SOCKET,
  },
});

/** In a line; refused if somebody has to do something about the directory. */
function directoryError(directory: string, cause: unknown): StoreError {
  const isRefused = cause instanceof StoreRefusedError;
  const text = `cannot use the data directory ${directory} (DATA_DIR): ${isRefused ? cause.message : reasonOf(cause)}${ownersNote(directory)}`;
  return isRefused ? new StoreRefusedError(text, { cause }) : new StoreError(text, { cause });
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
