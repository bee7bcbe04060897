import type { Database } from 'lmdb';

import type { Held, KeyPage, KeyRange, PutResult } from '../store.js';
import { BatchWriter, NO_VERSION, readBatch, type Versioned } from './batch.js';
import { Checkpointer, type CheckpointLimits } from './checkpointer.js';
import { toStoreError } from './errors.js';
import type { Recovered, Recovering } from './recovery.js';
import type { WriteAheadLog } from './write-ahead-log.js';

/**
 * Shards by key, each with a version, which a write has to name to replace it.
 *
 * A shard is some thousands of bytes, of which an announce changes thirty. To write it to its
 * position costs LMDB 12 KB and more, scattered; the change alone goes to the end of the log, with
 * those of all other announces that wait. So a write is answered when the log has it. Later, and
 * once for many changes, the shard itself is checkpointed.
 *
 * Invariants:
 * - An update in the log names the version before and after it, and no version is used twice. So
 *   wherever LMDB is by now, to read the log from its start comes to the same end: an update that
 *   LMDB already has does not fit on what is there, and is passed over.
 */
export class ShardTable {
  readonly #log: WriteAheadLog;
  readonly #checkpointer: Checkpointer;
  readonly #writer = new BatchWriter();
  readonly #waiting: Update[] = [];
  #committing: Promise<void> | undefined;
  #committed: { readonly updates: readonly Update[]; readonly results: readonly PutResult[] } | undefined;

  constructor(shards: Database<Buffer, string>, log: WriteAheadLog, limits = LIMITS) {
    this.#log = log;
    this.#checkpointer = new Checkpointer(shards, log, limits);
  }

  /**
   * Reads the log; to be called first.
   * @throws an error of the file system or of LMDB
   */
  recover(): Recovered {
    return this.#log.recover((found) => {
      this.#apply(found);
    });
  }

  /**
   * Checkpoints everything, goes on in a new file of the log and sets damaged ones aside. So a loss
   * is found once.
   * @throws StoreError, or an error of the file system
   */
  async startAnew(): Promise<void> {
    await this.#checkpointer.checkpointAll();
    await this.writeNothing();
    this.#checkpointer.tend();
    this.#log.setDamagedAside();
  }

  /** What is held. @throws an error of LMDB */
  read(key: string): Held {
    return heldOf(this.#checkpointer.read(key));
  }

  /**
   * Puts a value in the place of the one with version `before` (undefined: of none), or removes
   * that (value undefined). Answers when the log has it, or, without having stored anything, with
   * what is there. Either way the log has a record more.
   * @param after the new value's version, greater than any before
   * @throws StoreError
   */
  write(
    key: string,
    before: number | undefined,
    value: Uint8Array | undefined,
    after: number,
  ): Promise<PutResult> {
    return new Promise((resolve, reject) => {
      const next = value === undefined ? undefined : { value: asBuffer(value), version: after };
      this.#waiting.push({ key, before, next, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** Appends a record and changes nothing. @throws StoreError */
  async writeNothing(): Promise<void> {
    await this.write('nothing', undefined, undefined, NO_VERSION);
  }

  /** @throws an error of LMDB */
  keys(range: KeyRange, cursor: string | undefined, limit: number): KeyPage {
    this.#checkpointer.tend();
    return this.#checkpointer.keys(range, cursor, limit);
  }

  /** Settles when nothing is being written any more. */
  async idle(): Promise<void> {
    while (this.#committing !== undefined || this.#checkpointer.underWay !== undefined) {
      await Promise.all([this.#committing, this.#checkpointer.underWay]);
    }
    await this.#log.idle();
  }

  /**
   * Applies a record of the log to what is held.
   *
   * After a loss the update that LMDB waits for may be missing. A value that is whole is right if
   * it is newer than what is held, and so is the removal of what is older. A change fits on the one
   * value that it was made for and on no other: that shard stays as it was before the loss, until
   * something whole comes.
   */
  #apply({ batch, file, isAfterLoss }: Recovering): void {
    for (const update of readBatch(batch)) {
      const held = this.#checkpointer.look(update.key);
      const version = held?.version ?? NO_VERSION;
      const isNewer = update.isWhole && update.after > version;
      const isRemoval = update.after === NO_VERSION && held !== undefined && version <= update.before;
      if (version !== update.before && !(isAfterLoss && (isNewer || isRemoval))) continue;
      const value = update.valueAfter(held?.value);
      const next = value && { value, version: update.after };
      this.#checkpointer.set(update.key, next, file);
    }
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      const updates = this.#waiting.splice(0, MAX_UPDATES);
      try {
        await this.#commit(updates);
      } catch (error) {
        this.#answer();
        const reason = await toStoreError('cannot write shards', error);
        for (const { reject } of updates) reject(reason);
      }
    }
    this.#answer();
    this.#committing = undefined;
  }

  /**
   * Waits for updates that are on their way, as to commit one costs about as much as many: until
   * there are enough, or a turn of the event loop brings none.
   */
  async #gather(): Promise<void> {
    if (this.#waiting.length >= ENOUGH_UPDATES) return;
    // Whoever is answered may send the next.
    this.#answer();
    let before: number;
    do {
      before = this.#waiting.length;
      await new Promise(setImmediate);
    } while (this.#waiting.length > before && this.#waiting.length < ENOUGH_UPDATES);
  }

  /**
   * Commits a batch. It is answered when the next one is under way, or while that gathers: then the
   * process works while the disk does.
   */
  async #commit(updates: readonly Update[]): Promise<void> {
    this.#checkpointer.tend();
    while (!this.#checkpointer.hasRoom) {
      this.#answer();
      await this.#checkpointer.makeRoom();
    }
    const { changes, results } = this.#stage(updates);
    const appended = this.#log.append(this.#writer.finish());
    this.#answer();
    const file = await appended;
    for (const [key, held] of changes) this.#checkpointer.set(key, held, file);
    this.#committed = { updates, results };
  }

  /** Answers the batch that was committed last. */
  #answer(): void {
    if (this.#committed === undefined) return;
    const { updates, results } = this.#committed;
    this.#committed = undefined;
    updates.forEach(({ resolve }, i) => {
      resolve(results[i] as PutResult);
    });
  }

  /** What updates come to, one after the other, with the batch's bytes in the writer. */
  #stage(updates: readonly Update[]): { readonly changes: Changes; readonly results: readonly PutResult[] } {
    const changes: Changes = new Map();
    this.#writer.start();
    const results = updates.map(({ key, before, next }): PutResult => {
      const isStaged = changes.has(key);
      const held = isStaged ? changes.get(key) : this.#checkpointer.look(key);
      if (held?.version !== before) return resultOf(isStaged ? held : this.#checkpointer.read(key), false);
      if (next !== undefined) this.#writer.replaced(key, held, next);
      else if (held !== undefined) this.#writer.removed(key, held);
      else return resultOf(undefined, true);
      changes.set(key, next);
      return resultOf(next, true);
    });
    return { changes, results };
  }
}

interface Update {
  readonly key: string;
  readonly before: number | undefined;
  readonly next: Versioned | undefined;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: unknown) => void;
}

/** What is held after a batch; undefined: it was removed. */
type Changes = Map<string, Versioned | undefined>;

/**
 * So many updates are not kept waiting for more. Of many clients, some then wait for the disk while
 * others are being read and answered.
 */
const ENOUGH_UPDATES = 16;

/** More updates than this are more than one batch. */
const MAX_UPDATES = 256;

const LIMITS: CheckpointLimits = {
  recentBytes: 32 * 1024 * 1024,
  // With the one that is written into and the next one it is 64 MiB.
  logFiles: 6,
};

/** The same bytes as a Buffer, not copied. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function heldOf(held: Versioned | undefined): Held {
  return { values: held ? [held.value] : [], version: held?.version };
}

/**
 * As `heldOf` with one field more: to spread that would be a call of the runtime for every write.
 */
function resultOf(held: Versioned | undefined, stored: boolean): PutResult {
  return { values: held ? [held.value] : [], version: held?.version, stored };
}
