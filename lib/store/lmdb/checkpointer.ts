import { getLastVersion, type Database } from 'lmdb';

import type { StoreError } from '../errors.js';
import type { KeyRange } from '../store.js';
import type { Versioned } from './batch.js';
import { toStoreError } from './errors.js';
import { Generation, type State } from './generation.js';
import type { WriteAheadLog } from './write-ahead-log.js';

export interface CheckpointLimits {
  /** Memory for values that are not at their positions in LMDB yet. */
  readonly recentBytes: number;
  /** What a start has to read, and the disk to hold, beside LMDB. */
  readonly logBytes: number;
}

/**
 * What is held under each key: values in LMDB, and those that changed since in memory. A checkpoint
 * writes these to their positions in LMDB, so that the log can be cut.
 *
 * A position costs LMDB the pages of the value and of the way to it, scattered over the file, some
 * ten times what an announce adds to the log. So values stay in the log as long as there is room:
 * what changes again meanwhile is written once. Then a new generation begins, and the old one goes
 * to LMDB, a thousand values a transaction; nobody waits for that but those who have used up all
 * room.
 *
 * Invariants:
 * - What is held is the young generation's, else the old one's, else LMDB's.
 * - The log from `oldest` on makes both generations of what is in LMDB. LMDB may be ahead of the
 *   log; it never lacks a change whose record was removed.
 */
export class Checkpointer {
  readonly #shards: Database<Buffer, string>;
  readonly #log: WriteAheadLog;
  readonly #limits: CheckpointLimits;
  #young = new Generation();
  #old: Generation | undefined;
  #underWay: Promise<StoreError | undefined> | undefined;

  constructor(shards: Database<Buffer, string>, log: WriteAheadLog, limits: CheckpointLimits) {
    this.#shards = shards;
    this.#log = log;
    this.#limits = limits;
  }

  /** What changed since the last checkpoint; undefined: LMDB has it. */
  recent(key: string): State | undefined {
    const state = this.#young.get(key);
    return state === undefined ? this.#old?.get(key) : state;
  }

  /** What is held, where it is: in LMDB's memory it is valid until the next look at anything. */
  look(key: string): Versioned | undefined {
    const recent = this.recent(key);
    if (recent !== undefined) return recent ?? undefined;
    const value = this.#shards.getBinaryFast(key);
    if (value === undefined) return undefined;
    // The `length` that the package sets is that of the value.
    return { value: value.subarray(0, value.length), version: getLastVersion() };
  }

  /**
   * Holds a state. @param position of the record in the log @param isNew nothing was held before
   */
  set(key: string, state: State, position: number, isNew: boolean): void {
    this.#young.set(key, state, position, isNew);
  }

  /** Keys that LMDB may list though they are gone, or not list though they are there. */
  *unlisted(range: KeyRange): Generator<string> {
    yield* this.#young.unlisted(range);
    if (this.#old !== undefined) yield* this.#old.unlisted(range);
  }

  /** Cuts the log, and checkpoints if it is time. Waits for nothing. */
  tend(): void {
    this.#log.removeBefore(this.#oldest);
    if (this.#isDue) this.#underWay ??= this.#start();
  }

  /** Whether more may be written: there is not far too much to remember, nor to read at a start. */
  get hasRoom(): boolean {
    const { recentBytes, logBytes } = this.#limits;
    const bytes = this.#young.bytes + (this.#old?.bytes ?? 0);
    return bytes <= recentBytes * OVERFLOW && this.#log.end - this.#oldest <= logBytes * OVERFLOW;
  }

  /** Waits for a transaction of a checkpoint. @throws StoreError */
  async makeRoom(): Promise<void> {
    const failure = await (this.#underWay ??= this.#start());
    if (failure !== undefined) throw failure;
  }

  /** Checkpoints everything, while nothing is written. @throws StoreError */
  async checkpointAll(): Promise<void> {
    while (this.#old !== undefined || this.#young.since !== undefined) await this.makeRoom();
  }

  get isIdle(): boolean {
    return this.#underWay === undefined;
  }

  /** Settles when nothing is under way. */
  async idle(): Promise<void> {
    await this.#underWay;
  }

  /** The log is needed from here on. */
  get #oldest(): number {
    return this.#old?.since ?? this.#young.since ?? this.#log.end;
  }

  get #isDue(): boolean {
    const { end } = this.#log;
    const { since = end, bytes } = this.#young;
    const { recentBytes, logBytes } = this.#limits;
    return this.#old !== undefined || bytes > recentBytes || end - since > logBytes / 2;
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
    if (this.#old === undefined) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    const old = this.#old;
    const states = old.some(MAX_AT_ONCE);
    await this.#shards.batch(() => {
      for (const [key, state] of states) {
        if (state === null) void this.#shards.remove(key);
        else void this.#shards.put(key, state.value, state.version);
      }
    });
    // The package would keep a snapshot for a turn of the event loop.
    this.#shards.resetReadTxn();
    old.forget(states);
    if (old.some(1).length === 0) this.#old = undefined;
  }
}

/** So many in one transaction: more share more, but take more memory and, at once, more time. */
const MAX_AT_ONCE = 1024;

/** Times the room that there may be: then whoever writes waits. */
const OVERFLOW = 1.5;
