import { getLastVersion, type Database } from 'lmdb';

import type { StoreError } from '../errors.js';
import type { KeyPage, KeyRange } from '../store.js';
import { ownMemory, type Versioned } from './batch.js';
import { toStoreError } from './errors.js';
import type { WriteAheadLog } from './write-ahead-log.js';

export interface CheckpointLimits {
  /** Memory for values that are not at their positions in LMDB yet. */
  readonly recentBytes: number;
  /** Files of the log: what a start has to read, and the disk to hold beside LMDB. */
  readonly logFiles: number;
}

/** A value that changed since it was last checkpointed. */
interface Recent {
  /** Undefined: it was removed. */
  held: Versioned | undefined;
  /** The file of the log with the first of these changes. */
  readonly since: number;
}

/**
 * What is held under each key: values in LMDB, and those that changed since in memory. A checkpoint
 * writes these to their positions in LMDB, so that the log can be cut.
 *
 * A position costs LMDB the pages of the value and of the way to it, scattered over the file, some
 * ten times what an announce adds to the log. So values stay in memory and in the log as long as
 * there is room: what changes again meanwhile is written once. Then those that have been there for
 * longest are written, a thousand in one transaction. Nobody waits for that but those who have used
 * up all room.
 *
 * Invariants:
 * - What is held is what is in `#recent`, else in `#writing`, else in LMDB.
 * - Both are in the order of `since`, and what is in `#writing` comes first. The log from the first
 *   `since` on makes what is held of what is in LMDB. LMDB may be ahead of the log; it never lacks a
 *   change whose record was removed.
 */
export class Checkpointer {
  readonly #shards: Database<Buffer, string>;
  readonly #log: WriteAheadLog;
  readonly #limits: CheckpointLimits;
  readonly #recent = new Map<string, Recent>();
  /** What a checkpoint writes, or has failed to write. */
  #writing: ReadonlyMap<string, Recent> = new Map();
  /** Of what changed: keys that LMDB may list though they are gone, or may not list yet. */
  readonly #unlisted = new Set<string>();
  /** Memory of all that is not in LMDB. */
  #bytes = 0;
  /** The first file of the log that is needed. */
  #oldest = Infinity;
  #underWay: Promise<StoreError | undefined> | undefined;

  constructor(shards: Database<Buffer, string>, log: WriteAheadLog, limits: CheckpointLimits) {
    this.#shards = shards;
    this.#log = log;
    this.#limits = limits;
  }

  /** What is held, where it is: in LMDB's memory it is valid until the next look at anything. */
  look(key: string): Versioned | undefined {
    const recent = this.#changed(key);
    if (recent !== undefined) return recent.held;
    const value = this.#shards.getBinaryFast(key);
    if (value === undefined) return undefined;
    // The `length` that the package sets is that of the value.
    return { value: value.subarray(0, value.length), version: getLastVersion() };
  }

  /** What is held, in memory of its own. */
  read(key: string): Versioned | undefined {
    const held = this.look(key);
    if (held === undefined || this.#changed(key) !== undefined) return held;
    return { value: ownMemory(held.value), version: held.version };
  }

  /**
   * Holds a value, or that there is none.
   * @param file number of the file of the log that says so
   */
  set(key: string, value: Versioned | undefined, file: number): void {
    const held = value && withOwnMemory(value);
    const recent = this.#recent.get(key);
    this.#bytes += sizeOf(held);
    if (recent === undefined) {
      this.#recent.set(key, { held, since: file });
      if (!this.#shards.doesExist(key)) this.#unlisted.add(key);
    } else {
      this.#bytes -= sizeOf(recent.held);
      recent.held = held;
    }
    if (held === undefined) this.#unlisted.add(key);
    this.#oldest = Math.min(this.#oldest, file);
  }

  /** Cuts the log, and checkpoints if it is time. Waits for nothing. */
  tend(): void {
    this.#log.removeBefore(this.#oldest);
    if (this.#exceeds(1)) this.#underWay ??= this.#start();
  }

  /** Whether more may be written: there is not far too much to remember, nor to read at a start. */
  get hasRoom(): boolean {
    return !this.#exceeds(OVERFLOW);
  }

  /** Waits for a transaction of a checkpoint. @throws StoreError */
  async makeRoom(): Promise<void> {
    const failure = await (this.#underWay ??= this.#start());
    if (failure !== undefined) throw failure;
  }

  /** Checkpoints everything, while nothing is written. @throws StoreError */
  async checkpointAll(): Promise<void> {
    while (this.#recent.size + this.#writing.size > 0) await this.makeRoom();
  }

  /** Settles with the transaction that is under way; undefined: none is. */
  get underWay(): Promise<unknown> | undefined {
    return this.#underWay;
  }

  /** A page of the keys that are there. @throws an error of LMDB */
  keys({ from, to }: KeyRange, cursor: string | undefined, limit: number): KeyPage {
    const start = cursor === undefined ? { start: from } : { start: cursor, exclusiveStart: true };
    // One more than asked for tells whether a further page exists.
    const listed = [...this.#shards.getKeys({ ...start, end: to, limit: limit + 1 })];
    const end = listed[limit] ?? to;
    const found = new Set(listed.slice(0, limit));
    for (const key of this.#unlisted) {
      if (key >= end || (cursor === undefined ? key < from : key <= cursor)) continue;
      if (this.#changed(key)?.held === undefined) found.delete(key);
      else found.add(key);
    }
    const keys = [...found].sort();
    const page = keys.slice(0, limit);
    const last = page.at(-1) ?? listed[limit - 1];
    const isMore = listed.length > limit || keys.length > limit;
    return isMore && last !== undefined ? { keys: page, cursor: last } : { keys: page };
  }

  /** What changed since the last checkpoint; undefined: LMDB has it. */
  #changed(key: string): Recent | undefined {
    return this.#recent.get(key) ?? this.#writing.get(key);
  }

  /** Whether there is more than so many times what there may be. */
  #exceeds(times: number): boolean {
    const { recentBytes, logFiles } = this.#limits;
    return this.#bytes > recentBytes * times || this.#log.fileNumber - this.#oldest >= logFiles * times;
  }

  #start(): Promise<StoreError | undefined> {
    return this.#checkpoint()
      .then(
        () => undefined,
        (error: unknown) => toStoreError('cannot checkpoint shards', error),
      )
      .finally(() => (this.#underWay = undefined));
  }

  async #checkpoint(): Promise<void> {
    if (this.#writing.size === 0) this.#writing = takeFirst(this.#recent, MAX_AT_ONCE);
    const writing = this.#writing;
    await this.#shards.batch(() => {
      for (const [key, { held }] of writing) {
        if (held === undefined) void this.#shards.remove(key);
        else void this.#shards.put(key, held.value, held.version);
      }
    });
    // The package would keep a snapshot for a turn of the event loop.
    this.#shards.resetReadTxn();
    for (const [key, { held }] of writing) {
      this.#bytes -= sizeOf(held);
      if (!this.#recent.has(key)) this.#unlisted.delete(key);
    }
    this.#writing = new Map();
    const [first] = this.#recent.values();
    this.#oldest = first?.since ?? Infinity;
  }
}

/** Moves the first entries of a map into one of their own. */
function takeFirst<K, V>(map: Map<K, V>, count: number): Map<K, V> {
  const taken = new Map<K, V>();
  for (const [key, value] of map) {
    if (taken.size === count) break;
    taken.set(key, value);
    map.delete(key);
  }
  return taken;
}

function sizeOf(held: Versioned | undefined): number {
  return OVERHEAD + (held?.value.length ?? 0);
}

/** Whoever keeps a part of a buffer keeps all of it. */
function withOwnMemory(held: Versioned): Versioned {
  const { value, version } = held;
  return value.length * 2 >= value.buffer.byteLength ? held : { value: ownMemory(value), version };
}

/** Bytes of the objects, the key and the map's entry. */
const OVERHEAD = 400;

/** So many in one transaction: more share more, but take more memory and, at once, more time. */
const MAX_AT_ONCE = 1024;

/** Times the room that there may be: then whoever writes waits. */
const OVERFLOW = 1.5;
