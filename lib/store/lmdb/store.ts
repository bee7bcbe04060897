import type { Log } from '../../log.js';
import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';

import { Counts } from './counts.js';
import { openEnvironment, type Durability, type Environment } from './environment.js';
import { toStoreError } from './errors.js';
import { Journal } from './journal.js';
import { ShardTable } from './shard-table.js';
import { NO_VERSION } from './journal-group.js';
import { takeOverFrom01 } from './take-over.js';
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
    const environment = openEnvironment(directory, durability);
    const journal = new Journal({ directory, durability });
    await takeOverFrom01(directory, environment.counts, journal);
    const store = new LmdbStore(environment, journal);
    log.info('store opened', { store: 'lmdb', directory, durability });
    return store;
  } catch (error) {
    throw await toStoreError(`cannot open the LMDB store in ${directory}`, error);
  }
}

/**
 * The store contract on LMDB, by compare and swap: each shard has a version number, and a write names the one it replaces.
 * Reads copy out of the memory map at once. Writes go into a journal, those that arrive together as one group, and are flushed on another thread.
 */
class LmdbStore implements Store {
  readonly #environment: Environment;
  readonly #journal: Journal;
  readonly #shards: ShardTable;
  readonly #versions: VersionNumbers;
  readonly #counts: Counts;
  #writesUnderWay = 0;
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(environment: Environment, journal: Journal) {
    this.#environment = environment;
    this.#journal = journal;
    this.#shards = new ShardTable(environment, journal);
    this.#versions = new VersionNumbers(environment.leases);
    this.#counts = new Counts(environment.counts);
  }

  fetch(key: string): Promise<Held> {
    return this.#read('cannot read a shard', () => this.#shards.read(key));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    try {
      this.#refuseIfClosed();
      refuseUnlessKey(key);
      const replaces = version === undefined ? undefined : versionNumber(version);
      return this.#shards.write(key, replaces, value, this.#versions.next());
    } catch (error) {
      return rejection('cannot write a shard', error);
    }
  }

  async remove(key: string, version: Version): Promise<void> {
    this.#refuseIfClosed();
    refuseUnlessKey(key);
    await this.#shards.write(key, versionNumber(version), undefined, NO_VERSION);
  }

  increment(key: string, by: number): Promise<void> {
    return this.#write('cannot count', () => this.#counts.add(key, by));
  }

  count(key: string): Promise<number> {
    return this.#read('cannot read a count', () => this.#counts.get(key));
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.#read('cannot list shards', () => this.#shards.keys(range, cursor, limit));
  }

  check(): Promise<void> {
    const doing = 'the LMDB store does not write';
    return this.#write(doing, async () => {
      const { checks } = this.#environment;
      const write = (file: (typeof checks)[number]): Promise<unknown> =>
        // Each failure by itself, as both files may fail: see toStoreError.
        file.put(CHECK_KEY, 1).catch(async (error: unknown) => {
          throw await toStoreError(doing, error);
        });
      await Promise.all(checks.map(write));
      if (this.#journal.failure !== undefined) throw this.#journal.failure;
      const isThere = checks.every((file) => {
        file.resetReadTxn();
        return file.get(CHECK_KEY) !== undefined;
      });
      if (!isThere || !this.#environment.isInPlace() || !this.#journal.isInPlace()) {
        throw new StoreUnavailableError('a data file of the LMDB store is gone');
      }
      // Nothing can be read or written by who cannot read what others wrote.
      await this.#shards.read(CHECK_KEY);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeWhenIdle();
    return this.#closed;
  }

  async #read<T>(doing: string, read: () => T | Promise<T>): Promise<T> {
    this.#refuseIfClosed();
    try {
      return await read();
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
    await this.#shards.idle();
    if (this.#writesUnderWay > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#journal.close();
    await this.#environment.close();
  }
}

async function rejection(doing: string, error: unknown): Promise<never> {
  throw await toStoreError(doing, error);
}

/** A key that LMDB refuses would fail all that are written together with it. */
function refuseUnlessKey(key: string): void {
  if (key.length === 0 || key.length > LONGEST_KEY) {
    throw new StoreError(
      `cannot write a shard: its key has ${key.length} characters, not 1 to ${LONGEST_KEY}`,
    );
  }
}

/** LMDB takes some 1,900 bytes, and a character may be three of them. */
const LONGEST_KEY = 600;

function versionNumber(version: Version): number {
  if (typeof version === 'number') return version;
  throw new StoreError('a version of another store');
}
