import { mkdir, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { Log } from '../../log.js';
import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';
import { NO_VERSION } from './batch.js';
import { Counts } from './counts.js';
import { identityOf, makeDirectory } from './data-files.js';
import { LOCK_FILE, lockDirectory } from './directory-lock.js';
import {
  COUNTS_FILE,
  openEnvironment,
  SHARDS_FILE,
  type Durability,
  type Environment,
} from './environment.js';
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
  const closing: (() => Promise<void>)[] = [];
  try {
    makeDirectory(directory);
    closing.unshift(lockDirectory(directory, now));
    const environment = openEnvironment(directory, durability);
    closing.unshift(() => environment.close());
    const writeAheadLog = new WriteAheadLog(options);
    closing.unshift(() => writeAheadLog.close());
    const shards = new ShardTable(environment.shards, writeAheadLog);
    const { isWhole, damage } = shards.recover();
    if (!isWhole) await startAnew(shards, damage, log);
    log.info('store opened', { store: 'lmdb', directory: resolve(directory), durability });
    return new LmdbStore(options, environment, shards, writeAheadLog, damage, closing);
  } catch (error) {
    const reason = await toStoreError(`cannot open the LMDB store in ${resolve(directory)}`, error);
    for (const close of closing) await close();
    throw reason;
  }
}

/**
 * Has what could be read in LMDB, and the damaged files set aside; at the next start if that fails.
 */
async function startAnew(shards: ShardTable, damage: Damage | undefined, log: Log): Promise<void> {
  if (damage !== undefined) log.error('log damaged', { ...damage });
  try {
    await shards.startAnew();
    if (damage !== undefined) log.warn('log begun anew', { recordsKept: damage.recordsAfter });
  } catch (cause) {
    log.error('log not begun anew', { cause });
  }
}

/**
 * The store contract on LMDB, by compare and swap: each shard has a version number, and a write
 * names the one it replaces. Writes go into a log, those that arrive together as one batch, and are
 * flushed on another thread.
 */
class LmdbStore implements Store {
  readonly #directory: string;
  readonly #environment: Environment;
  readonly #shards: ShardTable;
  readonly #writeAheadLog: WriteAheadLog;
  readonly #epochs: Epochs;
  readonly #counts: Counts;
  readonly #identities: readonly (string | undefined)[];
  #damage: Damage | undefined;
  readonly #closing: readonly (() => Promise<void>)[];
  /** How many calls are. */
  #underWay = 0;
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    { directory, log }: LmdbStoreOptions,
    environment: Environment,
    shards: ShardTable,
    writeAheadLog: WriteAheadLog,
    damage: Damage | undefined,
    closing: readonly (() => Promise<void>)[],
  ) {
    this.#directory = directory;
    this.#environment = environment;
    this.#shards = shards;
    this.#writeAheadLog = writeAheadLog;
    this.#epochs = new Epochs(environment.epochs);
    this.#counts = new Counts(environment.counts, log);
    this.#identities = identitiesIn(directory);
    this.#damage = damage;
    this.#closing = closing;
  }

  fetch(key: string): Promise<Held> {
    return this.#call('cannot read a shard', () => this.#shards.read(key));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    return this.#call('cannot write a shard', () => {
      refuseUnlessKey(key);
      return this.#shards.write(key, versionNumber(version), value, this.#epochs.nextVersion());
    });
  }

  remove(key: string, version: Version): Promise<void> {
    return this.#call('cannot remove a shard', async () => {
      refuseUnlessKey(key);
      await this.#shards.write(key, versionNumber(version), undefined, NO_VERSION);
    });
  }

  increment(key: string, by: number): Promise<void> {
    return this.#call('cannot count', () => this.#counts.add(key, by));
  }

  count(key: string): Promise<number> {
    return this.#call('cannot read a count', () => this.#counts.get(key));
  }

  removeCount(key: string): Promise<void> {
    return this.#call('cannot remove a count', () => this.#counts.remove(key));
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.#call('cannot list shards', () => this.#shards.keys(range, cursor, limit));
  }

  check(): Promise<void> {
    return this.#call('the LMDB store does not write', () => this.#check());
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeWhenIdle();
    return this.#closed;
  }

  /**
   * Does what announces need: a write of each file, a record in the log, a name in the directory.
   */
  async #check(): Promise<void> {
    const damage = this.#damage;
    this.#damage = undefined;
    if (damage !== undefined) {
      throw new StoreError(`at the start ${damage.recordsLost} records of the log were lost`);
    }
    await this.#environment.check();
    await this.#shards.writeNothing();
    await makeName(join(this.#directory, 'check.tmp'));
    const identities = identitiesIn(this.#directory);
    const areInPlace = identities.every((identity, i) => identity === this.#identities[i]);
    if (!areInPlace || !this.#writeAheadLog.isInPlace()) {
      throw new StoreUnavailableError('a data file of the LMDB store is gone');
    }
  }

  /** Rejects with a StoreError. */
  async #call<T>(doing: string, call: () => T | Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new StoreError('the store is closed');
    this.#underWay++;
    try {
      return await call();
    } catch (error) {
      throw await toStoreError(doing, error);
    } finally {
      if (--this.#underWay === 0) this.#whenIdle?.();
    }
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.#shards.idle();
    for (const close of this.#closing) await close();
  }
}

/** Of the files that LMDB has open: one that was deleted can be written to. */
function identitiesIn(directory: string): readonly (string | undefined)[] {
  return [LOCK_FILE, SHARDS_FILE, COUNTS_FILE].map((name) => identityOf(join(directory, name)));
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
    throw new StoreError(`a key has ${key.length} characters, not 1 to ${MAX_KEY_LENGTH}`);
  }
}

function versionNumber(version: Version | undefined): number | undefined {
  if (version === undefined || typeof version === 'number') return version;
  throw new StoreError('a version of another store');
}

/** LMDB takes some 1,900 bytes, and a character may be three of them. */
const MAX_KEY_LENGTH = 600;
