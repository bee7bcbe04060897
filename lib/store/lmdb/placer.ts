import type { Database } from 'lmdb';
import { getLastVersion } from 'lmdb';

import type { StoreError } from '../errors.js';
import { ABSENT } from './environment.js';
import { toStoreError } from './errors.js';
import type { Journal } from './journal.js';
import type { Versioned } from './journal-group.js';
import type { RecentValue, RecentValues } from './recent-values.js';

/** The databases of the file of shards that a placer needs. */
export interface Places {
  readonly shards: Database<Uint8Array, string>;
  /** One entry, whose version counts the turns of all processes. */
  readonly turns: Database<Uint8Array, string>;
}

/**
 * Puts recent values into their places in the database, so that the journal can be written over.
 *
 * A place costs LMDB the pages of the value and of the way to it, scattered over the file, some ten times what an announce adds to the journal. So values
 * stay in the journal as long as there is room: what changes again meanwhile is put into its place once. Then they go by the thousand, in
 * one transaction, in a file of their own, so that nobody waits for it but those who have used up all room.
 *
 * Several processes may do this, in turns: a turn is taken with the transaction itself, which does nothing if another process took that turn. Whoever takes
 * a turn has followed the journal since the turn before was taken. So what is in place never becomes older.
 */
export class Placer {
  readonly #places: Places;
  readonly #journal: Journal;
  readonly #recent: RecentValues;
  readonly #follow: () => number;
  readonly #limits: TableLimits;
  /** Those that were to be put into their places, but are not yet. */
  #pending: readonly RecentValue[] = [];
  /** The oldest group that is needed for those that are pending. */
  #since: number | undefined;
  /** The turn that this process took last. */
  #turn: number | undefined;
  #underWay: Promise<StoreError | undefined> | undefined;

  /** @param follow follows the journal to its end, and gives the number of the next group */
  constructor(
    places: Places,
    journal: Journal,
    recent: RecentValues,
    follow: () => number,
    limits: TableLimits,
  ) {
    this.#places = places;
    this.#journal = journal;
    this.#recent = recent;
    this.#follow = follow;
    this.#limits = limits;
  }

  /** What is in a key's place, where it is: the next look at anything overwrites the value. */
  look(key: string): Versioned | undefined {
    // The package's own memory; its `length` is that of the value.
    const value = this.#places.shards.getBinaryFast(key);
    return value === undefined
      ? undefined
      : { value: value.subarray(0, value.length), version: getLastVersion() };
  }

  /** From here on reads see what is in the file by then: the package would keep a snapshot for a turn of the event loop. */
  refresh(): void {
    this.#places.shards.resetReadTxn();
  }

  /**
   * Puts values into their places if it is time: when the first have been in the journal for half of what it reaches back, or there is too
   * much to remember. Does not wait for that.
   * @param n the next group
   */
  tend(n: number): void {
    if (this.#underWay === undefined && this.#isDue(n)) this.#start();
  }

  /** Whether group n may be written: nothing needs the group that it is to be written over, and there is not far too much to remember. */
  hasRoom(n: number): boolean {
    const oldest = this.oldestGroup;
    if (oldest !== undefined && oldest <= n - this.#journal.slots) return false;
    return this.#recent.bytes <= this.#limits.recentBytes * OVERFLOW;
  }

  /**
   * Waits for some values to be put into their places.
   * @throws StoreError
   */
  async makeRoom(): Promise<void> {
    if (this.#underWay === undefined) this.#start();
    const failure = await this.#underWay;
    if (failure !== undefined) throw failure;
  }

  get isIdle(): boolean {
    return this.#underWay === undefined;
  }

  /** Settles when what is under way is. */
  async idle(): Promise<void> {
    await this.#underWay;
  }

  /** The oldest group that any value needs; undefined if none needs any. */
  get oldestGroup(): number | undefined {
    const oldest = this.#recent.oldestGroup;
    return oldest === undefined || this.#since === undefined
      ? (oldest ?? this.#since)
      : Math.min(oldest, this.#since);
  }

  #isDue(n: number): boolean {
    const oldest = this.oldestGroup;
    return oldest !== undefined && (this.#isFull || this.#isOlder(oldest, LATE, n));
  }

  /** Whether a group is older than this share of what the journal reaches back, in groups or in bytes. */
  #isOlder(group: number, share: number, n: number): boolean {
    const { slots } = this.#journal;
    return group < n - slots * share || this.#journal.bytesAfter(group) > this.#limits.journalBytes * share;
  }

  get #isFull(): boolean {
    return this.#recent.bytes > this.#limits.recentBytes;
  }

  #start(): void {
    this.#underWay = this.#placeOldest()
      .then(
        () => undefined,
        (error: unknown) => toStoreError('cannot put shards into their places', error),
      )
      .finally(() => (this.#underWay = undefined));
  }

  async #placeOldest(): Promise<void> {
    // The turn first: whatever is in place by then is in the journal that is followed next.
    this.refresh();
    const turn = this.#places.turns.getEntry(TURN)?.version;
    const n = this.#follow();
    const isDue = this.#isFull ? () => true : (group: number) => this.#isOlder(group, OLD, n);
    this.#since = this.oldestGroup;
    const more = this.#recent.oldest(isDue, Math.max(MOST_AT_ONCE - this.#pending.length, 0));
    // What failed before is recent still: each value once, or there would be more of them with every failure.
    const values = new Set([...this.#pending, ...more]);
    this.#pending = [...values].filter((value) => this.#recent.placing(value, n));
    const versions = this.#pending.map(({ version }) => version);
    // After turns of other processes some may be there. Whether they still are when this turn is taken, that alone decides.
    const missing =
      turn === this.#turn ? this.#pending : this.#pending.filter((value) => !this.#isInPlace(value));
    if (await this.#put(missing, turn)) {
      this.#pending.forEach((value, i) => {
        this.#recent.placed(value, versions[i]);
      });
      this.#pending = [];
      this.#since = undefined;
      this.#turn = (turn ?? 0) + 1;
    }
  }

  #isInPlace({ key, version }: RecentValue): boolean {
    return this.look(key)?.version === version;
  }

  /** Puts all of these into their places, or none if another process has had the turn after this one. */
  async #put(values: readonly RecentValue[], turn: number | undefined): Promise<boolean> {
    const { shards, turns } = this.#places;
    // LMDB copies the values on a thread of its own.
    this.#recent.hold();
    try {
      return await turns.ifVersion(TURN, turn ?? ABSENT, () => {
        void turns.put(TURN, NOTHING, (turn ?? 0) + 1);
        for (const { key, held } of values) {
          if (held === undefined) void shards.remove(key);
          else void shards.put(key, held.value, held.version);
        }
      });
    } finally {
      this.#recent.letGo();
    }
  }
}

export interface TableLimits {
  /** Memory for shards that are not in their places yet. */
  readonly recentBytes: number;
  /** What a start has to read, and the disk to hold, beside the shards. */
  readonly journalBytes: number;
}

const TURN = 'turn';
const NOTHING = new Uint8Array(0);

/**
 * Shares of the journal's reach: what has been in it for so long goes to its place. That begins when something has been for somewhat longer, so that it is
 * not a few each time.
 */
const OLD = 1 / 2;
const LATE = 9 / 16;

/** So many in one transaction: more share more, but take more memory and, at once, more of the event loop's time. */
const MOST_AT_ONCE = 1024;

/** Times the memory that there may be: then whoever writes waits. */
const OVERFLOW = 1.5;
