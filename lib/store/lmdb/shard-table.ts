import type { Database } from 'lmdb';

import type { Held, KeyPage, KeyRange, PutResult } from '../store.js';
import { BatchWriter, NO_VERSION, ownMemory, readBatch, type Versioned } from './batch.js';
import { Checkpointer, type CheckpointLimits } from './checkpointer.js';
import { toStoreError } from './errors.js';
import type { Damage, Recovering } from './recovery.js';
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
  readonly #shards: Database<Buffer, string>;
  readonly #log: WriteAheadLog;
  readonly #checkpointer: Checkpointer;
  readonly #writer = new BatchWriter();
  readonly #waiting: Update[] = [];
  #committing: Promise<void> | undefined;
  #committed: { readonly updates: readonly Update[]; readonly results: readonly PutResult[] } | undefined;

  constructor(shards: Database<Buffer, string>, log: WriteAheadLog, limits = LIMITS) {
    this.#shards = shards;
    this.#log = log;
    this.#checkpointer = new Checkpointer(shards, log, limits);
  }

  /**
   * Reads the log; to be called first.
   * @throws an error of the file system or of LMDB
   */
  recover(): Damage | undefined {
    return this.#log.recover((found) => {
      this.#apply(found);
    });
  }

  /**
   * Checkpoints everything and goes on in a new file of the log; those before are removed, or set
   * aside if they are damaged. So a loss is found once.
   * @throws StoreError
   */
  async startAnew(): Promise<void> {
    await this.#checkpointer.checkpointAll();
    await this.write(undefined, undefined, undefined, NO_VERSION);
    this.#checkpointer.tend();
    await this.#log.idle();
  }

  /** What is held. @throws an error of LMDB */
  read(key: string): Held {
    return heldOf(this.#held(key));
  }

  /**
   * Puts a value in the place of the one with version `before` (undefined: of none), or removes
   * that (value undefined). Answers when the log has it, or, without having stored anything, with
   * what is there. Without a key nothing but the log is written.
   * @param after the new value's version, greater than any before
   * @throws StoreError
   */
  write(
    key: string | undefined,
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

  /** @throws an error of LMDB */
  keys(range: KeyRange, cursor: string | undefined, limit: number): KeyPage {
    this.#checkpointer.tend();
    const start = cursor === undefined ? { start: range.from } : { start: cursor, exclusiveStart: true };
    // One more than asked for tells whether a further page exists.
    const placed = [...this.#shards.getKeys({ ...start, end: range.to, limit: limit + 1 })];
    const last = placed.length > limit ? placed.at(-1) : undefined;
    const isInPage = (key: string): boolean =>
      (cursor === undefined ? key >= range.from : key > cursor) &&
      key < range.to &&
      (last === undefined || key < last);
    const found = new Set(last === undefined ? placed : placed.slice(0, -1));
    for (const key of this.#checkpointer.unlisted(range)) {
      if (!isInPage(key)) continue;
      if (this.#checkpointer.recent(key) === null) found.delete(key);
      else found.add(key);
    }
    const keys = [...found].sort();
    const page = keys.slice(0, limit);
    const lastOfPage = page.at(-1) ?? placed.at(-2);
    const isMore = last !== undefined || keys.length > limit;
    return isMore && lastOfPage !== undefined ? { keys: page, cursor: lastOfPage } : { keys: page };
  }

  /** Settles when nothing is being written any more. */
  async idle(): Promise<void> {
    while (this.#committing !== undefined || !this.#checkpointer.isIdle) {
      await Promise.all([this.#committing, this.#checkpointer.idle(), new Promise(setImmediate)]);
    }
    await this.#log.idle();
  }

  // --- reading ---

  /** What is held, in memory of its own. */
  #held(key: string): Versioned | undefined {
    const held = this.#checkpointer.look(key);
    if (held === undefined || this.#checkpointer.recent(key) !== undefined) return held;
    return { value: ownMemory(held.value), version: held.version };
  }

  /**
   * Applies a record of the log to what is held.
   *
   * After a loss the update that LMDB waits for may be missing. A value that is whole is right if
   * it is newer than what is held, and so is the removal of what is older. A change fits on the one
   * value that it was made for and on no other: that shard stays as it was before the loss, until
   * something whole comes.
   */
  #apply({ batch, position, isAfterLoss }: Recovering): void {
    for (const update of readBatch(batch)) {
      const held = this.#checkpointer.look(update.key);
      const version = held?.version ?? NO_VERSION;
      const isWhole = update.kind === 'whole' && update.after > version;
      const isRemoval = update.kind === 'removed' && version <= update.before && held !== undefined;
      if (version !== update.before && !(isAfterLoss && (isWhole || isRemoval))) continue;
      const value = update.valueAfter(held?.value);
      const next = value === undefined ? null : { value, version: update.after };
      this.#checkpointer.set(update.key, next, position, held === undefined);
    }
  }

  // --- writing ---

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
    if (changes.size > 0 || updates.some(({ key }) => key === undefined)) {
      const appended = this.#log.append(this.#writer.finish());
      this.#answer();
      const position = await appended;
      for (const [key, { held, isNew }] of changes) {
        this.#checkpointer.set(key, held ?? null, position, isNew);
      }
    }
    this.#answer();
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
      if (key === undefined) return resultOf(undefined, true);
      const staged = changes.get(key);
      const held = staged === undefined ? this.#checkpointer.look(key) : staged.held;
      if (held?.version !== before) return resultOf(staged === undefined ? this.#held(key) : held, false);
      if (next !== undefined) this.#writer.replaced(key, held, next);
      else if (held !== undefined) this.#writer.removed(key, held);
      changes.set(key, { held: next, isNew: held === undefined || staged?.isNew === true });
      return resultOf(next, true);
    });
    return { changes, results };
  }
}

interface Update {
  /** Undefined: to be logged alone. */
  readonly key: string | undefined;
  readonly before: number | undefined;
  readonly next: Versioned | undefined;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: unknown) => void;
}

type Changes = Map<string, { readonly held: Versioned | undefined; readonly isNew: boolean }>;

/**
 * So many updates are not kept waiting for more. Of many clients, some then wait for the disk while
 * others are being read and answered.
 */
const ENOUGH_UPDATES = 16;

/** More updates than this are more than one batch. */
const MAX_UPDATES = 256;

const LIMITS: CheckpointLimits = {
  recentBytes: 32 * 1024 * 1024,
  logBytes: 64 * 1024 * 1024,
};

/** The same bytes as a Buffer, not copied. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function heldOf(held: Versioned | undefined): Held {
  return { values: valuesOf(held), version: held?.version };
}

/**
 * As `heldOf` with one field more: to spread that would be a call of the runtime for every write.
 */
function resultOf(held: Versioned | undefined, stored: boolean): PutResult {
  return { values: valuesOf(held), version: held?.version, stored };
}

function valuesOf(held: Versioned | undefined): readonly Buffer[] {
  return held === undefined ? [] : [held.value];
}
