import type { Database } from 'lmdb';
import { getLastVersion } from 'lmdb';

import type { StoreError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult } from '../store.js';
import { ABSENT } from './environment.js';
import { toStoreError } from './errors.js';
import type { Journal } from './journal.js';
import { GroupWriter, NO_VERSION, readGroup, type Versioned } from './journal-group.js';
import { RecentValues, type RecentValue } from './recent-values.js';

/**
 * Shards in an LMDB environment: a database with every shard in its place, and a journal of what changed since.
 *
 * A shard is some thousands of bytes, of which an announce changes thirty. To put it into its place costs LMDB the pages of the shard and of
 * the way to it, 12 KB and more, scattered; the change alone goes to the end of the journal, together with those of all other
 * announces that wait. So a write is answered when the journal has it. Later, and once for many changes, the shard itself is put into
 * its place, some shards with each group.
 *
 * What is held under a key is the last version in the journal, else what is in the database. Every version number is used
 * once, and a journalled change names the version before and after it. So wherever the database is by now, reading the journal from the
 * start comes to the same end: changes that the database already has do not fit on what is there, and are passed over.
 *
 * Several processes may do this at once. Each follows the journal before it reads or writes; appending to it is what decides whose write
 * came first. A group is written over only when nobody needs it: whoever does so knows all groups, and that what the group
 * changed is in its place (see Journal).
 */
export class ShardTable {
  readonly #places: Database<Uint8Array, string>;
  readonly #journal: Journal;
  readonly #recent = new RecentValues();
  readonly #writer = new GroupWriter();
  /** The last group that this process knows. */
  #last = 0;
  /** Groups up to this one are cleared, or written over. */
  #cleared = 0;
  readonly #waiting: Update[] = [];
  #committing: Promise<void> | undefined;
  /** What nobody waits for. */
  readonly #behind = new Set<Promise<unknown>>();

  readonly #limits: TableLimits;

  /** Reads the journal. @throws an error of the lmdb package */
  constructor(places: Database<Uint8Array, string>, journal: Journal, limits = LIMITS) {
    this.#places = places;
    this.#journal = journal;
    this.#limits = limits;
    this.#readJournal();
  }

  /** What is held now, whichever process wrote it. */
  read(key: string): Held {
    this.#follow();
    return heldOf(this.#held(key));
  }

  /**
   * Puts a value in the place of the one with version `before` (undefined: of none), or removes that (value undefined); answers when the
   * disk has it, or, without having stored anything, with what is there.
   * @param after the new value's version, never used before
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

  keys(range: KeyRange, cursor: string | undefined, limit: number): KeyPage {
    this.#follow();
    const start = cursor === undefined ? { start: range.from } : { start: cursor, exclusiveStart: true };
    // One more than asked for tells whether a further page exists.
    const placed = [...this.#places.getKeys({ ...start, end: range.to, limit: limit + 1 })];
    const last = placed.length > limit ? placed.at(-1) : undefined;
    const isInPage = (key: string): boolean =>
      (cursor === undefined ? key >= range.from : key > cursor) &&
      key < range.to &&
      (last === undefined || key < last);
    const found = new Set(last === undefined ? placed : placed.slice(0, -1));
    for (const { key, held } of this.#recent.all()) {
      if (!isInPage(key)) continue;
      if (held === undefined) found.delete(key);
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
    while (this.#committing !== undefined || this.#behind.size > 0) {
      await Promise.all([this.#committing, ...this.#behind]);
    }
  }

  // --- reading ---

  #held(key: string): Versioned | undefined {
    const recent = this.#recent.get(key);
    return recent === undefined ? this.#placed(key) : recent.held;
  }

  #placed(key: string): Versioned | undefined {
    const value = this.#places.getBinary(key);
    return value === undefined ? undefined : { value, version: getLastVersion() };
  }

  /** Learns what other processes wrote, from the newest snapshot: the package would keep one for a turn, in which they may have been answered. */
  #follow(): void {
    this.#places.resetReadTxn();
    for (;;) {
      const group = this.#journal.read(this.#last + 1);
      if (group === undefined) return;
      if (group === 'gone') {
        this.#readJournal();
        return;
      }
      this.#last++;
      this.#take(this.#last, group);
    }
  }

  #readJournal(): void {
    this.#recent.clear();
    const { groups, last } = this.#journal.readAll();
    for (const [n, group] of groups) this.#take(n, group);
    this.#last = last;
  }

  #take(n: number, group: Buffer): void {
    for (const update of readGroup(group)) {
      const recent = this.#recent.get(update.key);
      const held = recent === undefined ? this.#placed(update.key) : recent.held;
      if ((held?.version ?? NO_VERSION) !== update.before) continue;
      const value = update.valueAfter(held?.value);
      const next = value === undefined ? undefined : { value, version: update.after };
      this.#recent.set(update.key, next, n, held?.version);
    }
  }

  // --- writing ---

  async #commitAll(): Promise<void> {
    // What else comes in this turn of the event loop goes along.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MOST_UPDATES);
      try {
        await this.#commit(group);
      } catch (error) {
        const reason = await toStoreError('cannot write shards', error);
        for (const { reject } of group) reject(reason);
      }
    }
    this.#committing = undefined;
  }

  async #commit(group: readonly Update[]): Promise<void> {
    for (;;) {
      this.#follow();
      const n = this.#last + 1;
      if (await this.#makeRoom(n)) continue;
      const staged = this.#stage(group);
      if (staged.changes.size > 0) {
        this.#placeSome(n, group.length);
        // Somebody else was first: what they wrote may have changed what this group may write.
        if (!(await this.#journal.append(n, this.#writer.finish()))) continue;
        // Whoever read since then has taken it from the journal.
        if (this.#last < n) {
          this.#last = n;
          for (const [key, { held, placed }] of staged.changes) this.#recent.set(key, held, n, placed);
        }
      }
      group.forEach(({ resolve }, i) => {
        resolve(staged.results[i] as PutResult);
      });
      return;
    }
  }

  /** What a group of updates comes to, one after the other, with the group's bytes in the writer. */
  #stage(group: readonly Update[]): Staged {
    const changes: Staged['changes'] = new Map();
    this.#writer.start();
    const results = group.map(({ key, before, next }): PutResult => {
      const staged = changes.get(key);
      const held = staged === undefined ? this.#held(key) : staged.held;
      if (held?.version !== before) return { ...heldOf(held), stored: false };
      if (next === undefined) {
        if (held !== undefined) this.#writer.removed(key, held);
      } else {
        this.#writer.replaced(key, held, next);
      }
      // Only of use if the value is not recent yet, and then it is what is in the database.
      changes.set(key, { held: next, placed: staged === undefined ? held?.version : staged.placed });
      return { ...heldOf(next), stored: true };
    });
    return { changes, results };
  }

  // --- putting shards into their places ---

  /**
   * Sees to it that nothing needs the group that group n is to be written over. True if that took time, in which anything may have changed.
   * @throws StoreError
   */
  async #makeRoom(n: number): Promise<boolean> {
    const needed = [...this.#recent.neededSince(n - this.#journal.slots)];
    if (needed.length === 0) return false;
    const failures = await Promise.all(needed.map((value) => this.#place(value, n)));
    for (const failure of failures) if (failure !== undefined) throw failure;
    return true;
  }

  /**
   * Puts some shards into their places, in the transaction of group n: those that have been in the journal for half of what it reaches back. A
   * few at a time, so that no announce waits for many; more if these are late, or if there is too much to remember.
   */
  #placeSome(n: number, updates: number): void {
    const { recentBytes, journalBytes, placedWithGroup } = this.#limits;
    const reach = this.#reach(n);
    const isFull = this.#recent.bytes > recentBytes;
    const isLate = (this.#recent.oldestGroup ?? n) < n - (reach * 3) / 4;
    let most = isFull || isLate ? 2 * updates + placedWithGroup : placedWithGroup;
    for (const value of this.#recent.neededSince(isFull ? n : n - reach / 2)) {
      if (value.placing !== undefined) continue;
      if (most-- === 0) break;
      void this.#place(value, n);
    }
    if (this.#journal.bytes > journalBytes) this.#clearOld(n);
  }

  /** How many groups the journal can hold, if they go on as they were: as many as there are slots or, if they are large, as may be there. */
  #reach(n: number): number {
    const { slots, bytes } = this.#journal;
    const groups = Math.min(n - 1 - this.#cleared, slots);
    return bytes === 0 ? slots : Math.min(slots, (this.#limits.journalBytes * groups) / bytes);
  }

  #clearOld(n: number): void {
    const end = Math.min(this.#recent.oldestGroup ?? n, n);
    this.#cleared = Math.max(this.#cleared, n - this.#journal.slots);
    for (let most = CLEARED_WITH_A_GROUP; most > 0 && this.#cleared + 1 < end;) {
      this.#cleared++;
      if (!this.#journal.isFilled(this.#cleared)) continue;
      most--;
      void this.#behindTheScenes(this.#journal.clear(this.#cleared));
    }
  }

  /**
   * Puts a shard into its place. If that fails, so does the group in whose transaction it is, and it is tried again with a later one.
   * @param n the next group: what changes from then on is not part of what is put into its place
   * @returns settles with an error if there was one
   */
  #place(value: RecentValue, n: number): Promise<StoreError | undefined> {
    if (value.placing !== undefined) return value.placing;
    const { key, held, placed } = value;
    const place = async (): Promise<void> => {
      try {
        if (!(await this.#putInPlace(key, held, placed))) {
          // Another process has put it there, or a newer version of it.
          this.#places.resetReadTxn();
          value.placed = this.#placed(key)?.version;
        } else if (value.held === held) {
          this.#recent.delete(value);
        } else {
          value.placed = held?.version;
          value.since = n;
          value.again = true;
        }
      } finally {
        value.placing = undefined;
      }
    };
    value.placing = this.#behindTheScenes(place());
    return value.placing;
  }

  #putInPlace(key: string, held: Versioned | undefined, placed: number | undefined): Promise<boolean> {
    if (held !== undefined) return this.#places.put(key, held.value, held.version, placed ?? ABSENT);
    if (placed !== undefined) return this.#places.remove(key, placed);
    return Promise.resolve(this.#placed(key) === undefined);
  }

  #behindTheScenes(work: Promise<void>): Promise<StoreError | undefined> {
    const settled = work
      .then(
        () => undefined,
        (error: unknown) => toStoreError('cannot put a shard into its place', error),
      )
      .finally(() => this.#behind.delete(settled));
    this.#behind.add(settled);
    return settled;
  }
}

interface Update {
  readonly key: string;
  readonly before: number | undefined;
  readonly next: Versioned | undefined;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Staged {
  readonly changes: Map<string, { held: Versioned | undefined; placed: number | undefined }>;
  /** For each update of the group. */
  readonly results: readonly PutResult[];
}

/** More updates than this are more than one group. */
const MOST_UPDATES = 256;

/** Groups that are cleared along with a group, if there are too many bytes of them. */
const CLEARED_WITH_A_GROUP = 64;

export interface TableLimits {
  /** Memory for shards that are not in their places yet. */
  readonly recentBytes: number;
  /** What a start has to read, and the disk to hold, beside the shards. */
  readonly journalBytes: number;
  /** Shards that are put into their places along with a group, if there is no hurry. */
  readonly placedWithGroup: number;
}

const LIMITS: TableLimits = {
  recentBytes: 64 * 1024 * 1024,
  journalBytes: 64 * 1024 * 1024,
  placedWithGroup: 8,
};

function heldOf(held: Versioned | undefined): Held {
  return held === undefined
    ? { values: [], version: undefined }
    : { values: [held.value], version: held.version };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
