import { getLastVersion } from 'lmdb';

import type { Log } from '../../log.js';
import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';

import { Counts } from './counts.js';
import { ABSENT, openEnvironment, type Durability, type Environment } from './environment.js';
import { toStoreError } from './errors.js';
import { VersionNumbers } from './versions.js';

export interface LmdbStoreOptions {
  /** Made if it does not exist. On a local disk: LMDB maps the file and locks it. */
  readonly directory: string;
  readonly durability: Durability;
  readonly log: Log;
}

const CHECK_KEY = 'check';

/**
 * Opens the store in a directory. Several processes may have it open at once.
 * Rejects with a StoreError if the directory cannot be made, read or written.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const { directory, durability, log } = options;
  try {
    const store = new LmdbStore(openEnvironment(directory, durability));
    log.info('store opened', { store: 'lmdb', directory, durability });
    return store;
  } catch (error) {
    throw await toStoreError(`cannot open the LMDB store in ${directory}`, error);
  }
}

/**
 * The store contract on LMDB, by compare and swap: each shard has a version number, and a write names the one it replaces.
 * Reads copy out of the memory map at once. The writes of an event-loop turn, and those that arrive while
 * an earlier transaction is being flushed, are one transaction on another thread.
 */
class LmdbStore implements Store {
  readonly #environment: Environment;
  readonly #versions: VersionNumbers;
  readonly #counts: Counts;
  #writesUnderWay = 0;
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#versions = new VersionNumbers(environment.meta);
    this.#counts = new Counts(environment.counts);
  }

  fetch(key: string): Promise<Held> {
    return this.#read('cannot read a shard', () => this.#held(key));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    return this.#write('cannot write a shard', async () => {
      const { shards } = this.#environment;
      const next = this.#versions.next();
      const replaces = version === undefined ? ABSENT : versionNumber(version);
      const stored = await shards.put(key, value, next, replaces);
      return stored ? { values: [value], version: next, stored } : { ...this.#held(key), stored };
    });
  }

  remove(key: string, version: Version): Promise<void> {
    return this.#write('cannot remove a shard', async () => {
      await this.#environment.shards.remove(key, versionNumber(version));
    });
  }

  increment(key: string, by: number): Promise<void> {
    return this.#write('cannot count', () => this.#counts.add(key, by));
  }

  count(key: string): Promise<number> {
    return this.#read('cannot read a count', () => this.#counts.get(key));
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.#read('cannot list shards', () => {
      const { shards } = this.#environment;
      shards.resetReadTxn();
      const start = cursor === undefined ? { start: range.from } : { start: cursor, exclusiveStart: true };
      // One more than asked for tells whether a further page exists.
      const found = [...shards.getKeys({ ...start, end: range.to, limit: limit + 1 })];
      const keys = found.slice(0, limit);
      const last = keys.at(-1);
      return last !== undefined && found.length > limit ? { keys, cursor: last } : { keys };
    });
  }

  check(): Promise<void> {
    return this.#write('the LMDB store does not write', async () => {
      const { meta } = this.#environment;
      await meta.put(CHECK_KEY, 1);
      meta.resetReadTxn();
      if (meta.get(CHECK_KEY) === undefined || !this.#environment.isInPlace()) {
        throw new StoreUnavailableError('the data file of the LMDB store is gone');
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeWhenIdle();
    return this.#closed;
  }

  /** Of the newest snapshot: the package would keep one for a turn, in which another process may have been answered. */
  #held(key: string): Held {
    const { shards } = this.#environment;
    shards.resetReadTxn();
    const value = shards.getBinary(key);
    return value === undefined
      ? { values: [], version: undefined }
      : { values: [value], version: getLastVersion() };
  }

  async #read<T>(doing: string, read: () => T): Promise<T> {
    this.#refuseIfClosed();
    try {
      return read();
    } catch (error) {
      throw await toStoreError(doing, error);
    }
  }

  async #write<T>(doing: string, write: () => Promise<T>): Promise<T> {
    this.#refuseIfClosed();
    this.#writesUnderWay += 1;
    try {
      return await write();
    } catch (error) {
      throw await toStoreError(doing, error);
    } finally {
      this.#writesUnderWay -= 1;
      if (this.#writesUnderWay === 0) this.#whenIdle?.();
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw new StoreError('the store is closed');
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#writesUnderWay > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#environment.root.close();
  }
}

function versionNumber(version: Version): number {
  if (typeof version === 'number') return version;
  throw new StoreError('a version of another store');
}
