import { mkdir, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Log } from '../../log.js';
import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';
import { NO_VERSION } from './batch.js';
import { Counts } from './counts.js';
import { makeDirectory } from './data-files.js';
import { DirectoryLock } from './directory-lock.js';
import { openEnvironment, type Durability, type Environment } from './environment.js';
import { Epochs } from './epochs.js';
import { toStoreError } from './errors.js';
import type { Damage } from './recovery.js';
import { ShardTable } from './shard-table.js';
import { WriteAheadLog } from './write-ahead-log.js';

export interface LmdbStoreOptions {
  /** Made if it does not exist. On a local disk: LMDB maps the files and locks them. */
  readonly directory: string;
  readonly durability: Durability;
  readonly log: Log;
  /** For whoever finds the directory in use. */
  readonly now?: Date;
}

/**
 * Opens the store in a directory, which no other process has open.
 *
 * If the log has lost something that is in the log at `error`, and the first check fails. Rejects
 * with a StoreRefusedError if somebody has to do something about the directory: another process has
 * it, or a file is damaged. With a StoreError if it cannot be made, read or written.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const { directory, log, durability, now = new Date() } = options;
  const closing: (() => unknown)[] = [];
  try {
    makeDirectory(directory);
    const lock = new DirectoryLock(directory, now);
    closing.push(() => lock.close());
    const environment = openEnvironment(directory, durability);
    closing.push(() => environment.close());
    const writeAheadLog = new WriteAheadLog(options);
    closing.push(() => {
      writeAheadLog.close();
    });
    const shards = new ShardTable(environment.shards, writeAheadLog);
    const damage = shards.recover();
    if (damage !== undefined) await startAnew(shards, damage, log);
    log.info('store opened', { store: 'lmdb', directory: resolve(directory), durability });
    return new LmdbStore({ directory, lock, environment, writeAheadLog, shards, damage, log });
  } catch (error) {
    const reason = await toStoreError(`cannot open the LMDB store in ${resolve(directory)}`, error);
    for (const close of closing.reverse()) await close();
    throw reason;
  }
}

/**
 * Has what could be read in LMDB, and the damaged files set aside; at the next start if that fails.
 */
async function startAnew(shards: ShardTable, damage: Damage, log: Log): Promise<void> {
  log.error('log damaged', { ...damage });
  try {
    await shards.startAnew();
    log.warn('log begun anew', { recordsKept: damage.recordsAfter });
  } catch (cause) {
    log.error('log not begun anew', { cause });
  }
}

interface Parts extends Pick<LmdbStoreOptions, 'directory' | 'log'> {
  readonly lock: DirectoryLock;
  readonly environment: Environment;
  readonly writeAheadLog: WriteAheadLog;
  readonly shards: ShardTable;
  readonly damage: Damage | undefined;
}

/**
 * The store contract on LMDB, by compare and swap: each shard has a version number, and a write
 * names the one it replaces. Writes go into a log, those that arrive together as one batch, and are
 * flushed on another thread.
 */
class LmdbStore implements Store {
  readonly #parts: Parts;
  readonly #epochs: Epochs;
  readonly #counts: Counts;
  #damage: Damage | undefined;
  readonly #writing = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#epochs = new Epochs(parts.environment.epochs);
    this.#counts = new Counts(parts.environment.counts, parts.log);
    this.#damage = parts.damage;
  }

  fetch(key: string): Promise<Held> {
    return this.#call('cannot read a shard', () => this.#parts.shards.read(key));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    try {
      this.#refuseIfClosed();
      refuseUnlessKey(key);
      const replaces = version === undefined ? undefined : versionNumber(version);
      return this.#parts.shards.write(key, replaces, value, this.#epochs.nextVersion());
    } catch (error) {
      return this.#call('cannot write a shard', () => Promise.reject(error as Error));
    }
  }

  async remove(key: string, version: Version): Promise<void> {
    this.#refuseIfClosed();
    refuseUnlessKey(key);
    await this.#parts.shards.write(key, versionNumber(version), undefined, NO_VERSION);
  }

  increment(key: string, by: number): Promise<void> {
    return this.#write('cannot count', () => this.#counts.add(key, by));
  }

  count(key: string): Promise<number> {
    return this.#call('cannot read a count', () => this.#counts.get(key));
  }

  removeCount(key: string): Promise<void> {
    return this.#write('cannot remove a count', () => this.#counts.remove(key));
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.#call('cannot list shards', () => this.#parts.shards.keys(range, cursor, limit));
  }

  check(): Promise<void> {
    return this.#write('the LMDB store does not write', () => this.#check());
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeWhenIdle();
    return this.#closed;
  }

  /**
   * Does what announces need: a record in the log, a write of each file, a name in the directory.
   */
  async #check(): Promise<void> {
    const { directory, lock, environment, writeAheadLog, shards } = this.#parts;
    const damage = this.#damage;
    this.#damage = undefined;
    if (damage !== undefined) {
      throw new StoreError(`at the start ${damage.recordsLost} records of the log were lost`);
    }
    const doing = 'the LMDB store does not write';
    const attempts = [
      // Each failure by itself, as both files may fail: see toStoreError.
      ...environment.checks.map((file) =>
        file.put(CHECK_KEY, 1).catch(async (error: unknown) => {
          throw await toStoreError(doing, error);
        }),
      ),
      shards.write(undefined, undefined, undefined, NO_VERSION),
      makeName(join(directory, 'check.tmp')),
    ];
    await Promise.allSettled(attempts);
    await Promise.all(attempts);
    if (!lock.isInPlace() || !environment.isInPlace() || !writeAheadLog.isInPlace()) {
      throw new StoreUnavailableError('a data file of the LMDB store is gone');
    }
  }

  /** Rejects with a StoreError. */
  async #call<T>(doing: string, call: () => T | Promise<T>): Promise<T> {
    this.#refuseIfClosed();
    try {
      return await call();
    } catch (error) {
      throw await toStoreError(doing, error);
    }
  }

  /** As `#call`, and `close` waits for it. */
  #write<T>(doing: string, write: () => Promise<T>): Promise<T> {
    const writing = this.#call(doing, write).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    return writing;
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined) throw new StoreError('the store is closed');
  }

  async #closeWhenIdle(): Promise<void> {
    const { lock, environment, writeAheadLog, shards } = this.#parts;
    await Promise.allSettled([...this.#writing]);
    await shards.idle();
    writeAheadLog.close();
    await environment.close();
    await lock.close();
  }
}

/** Takes a name in a directory, and what the file system keeps for it. */
async function makeName(path: string): Promise<void> {
  // A check that was killed may have left it.
  await rmdir(path).catch(() => undefined);
  await mkdir(path);
  await rmdir(path);
}

/** A key that LMDB refuses would fail all that are checkpointed together with it. */
function refuseUnlessKey(key: string): void {
  if (key.length === 0 || key.length > MAX_KEY_LENGTH) {
    throw new StoreError(
      `cannot write a shard: its key has ${key.length} characters, not 1 to ${MAX_KEY_LENGTH}`,
    );
  }
}

function versionNumber(version: Version): number {
  if (typeof version === 'number') return version;
  throw new StoreError('a version of another store');
}

const CHECK_KEY = 'check';

/** LMDB takes some 1,900 bytes, and a character may be three of them. */
const MAX_KEY_LENGTH = 600;
