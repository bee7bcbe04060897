import type { Database } from 'lmdb';

import type { Held, KeyPage, KeyRange, PutResult } from '../store.js';
import { toStoreError } from './errors.js';
import type { Journal } from './journal.js';
import { GroupWriter, NO_VERSION, readGroup, type Versioned } from './journal-group.js';
import { asBuffer, ownMemory } from './buffers.js';
import { Placer, type Places, type TableLimits } from './placer.js';
import { RecentValues } from './recent-values.js';

/**
 * Shards in an LMDB environment: a database with every shard in its place, and a journal of what changed since.
 *
 * A shard is some thousands of bytes, of which an announce changes thirty. To put it into its place costs LMDB the pages of the shard and of
 * the way to it, 12 KB and more, scattered; the change alone goes to the end of the journal, together with those of all other
 * announces that wait. So a write is answered when the journal has it. Later, and once for many changes, the shard itself is put into
 * its place, in a file of its own (Placer).
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
  readonly #placer: Placer;
  readonly #writer = new GroupWriter();
  /** The last group that this process knows. */
  #last = 0;
  #reads: Read[] = [];
  readonly #waiting: Update[] = [];
  #committing: Promise<void> | undefined;
  /** What the group comes to that was staged last. */
  #appending: Changes = new Map();
  #committed: { readonly group: readonly Update[]; readonly results: readonly PutResult[] } | undefined;

  /** Reads the journal. @throws an error of the lmdb package */
  constructor(places: Places, journal: Journal, limits = LIMITS) {
    this.#places = places.shards;
    this.#journal = journal;
    this.#placer = new Placer(places, journal, this.#recent, this.#follow, limits);
    this.#readJournal();
  }

  /**
   * What is held, whichever process wrote it and was answered before this was called. Reads that are asked for in one turn of the event loop look
   * together for what others wrote.
   */
  read(key: string): Promise<Held> {
    return new Promise((resolve, reject) => {
      if (this.#reads.length === 0) setImmediate(this.#answerReads);
      this.#reads.push({ key, resolve, reject });
    });
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
    this.#tendAndFollow();
    const start = cursor === undefined ? { start: range.from } : { start: cursor, exclusiveStart: true };
    // One more than asked for tells whether a further page exists.
    const placed = [...this.#places.getKeys({ ...start, end: range.to, limit: limit + 1 })];
    const last = placed.length > limit ? placed.at(-1) : undefined;
    const isInPage = (key: string): boolean =>
      (cursor === undefined ? key >= range.from : key > cursor) &&
      key < range.to &&
      (last === undefined || key < last);
    const found = new Set(last === undefined ? placed : placed.slice(0, -1));
    for (const { key, version } of this.#recent.unlisted()) {
      if (!isInPage(key)) continue;
      if (version === undefined) found.delete(key);
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
    while (this.#reads.length > 0 || this.#committing !== undefined || !this.#placer.isIdle) {
      await Promise.all([this.#committing, this.#placer.idle(), new Promise(setImmediate)]);
    }
    await this.#journal.idle();
  }

  // --- reading ---

  readonly #answerReads = (): void => {
    const reads = this.#reads;
    this.#reads = [];
    try {
      this.#tendAndFollow();
    } catch (error) {
      for (const { reject } of reads) reject(error);
      return;
    }
    for (const { key, resolve, reject } of reads) {
      try {
        resolve(heldOf(this.#held(key)));
      } catch (error) {
        reject(error);
      }
    }
  };

  #held(key: string): Versioned | undefined {
    const held = this.#look(key);
    return held === undefined ? undefined : { value: ownMemory(held.value), version: held.version };
  }

  /** As `#held`, but where the value is, until the next look at anything or until it changes: nothing is copied to be compared and forgotten. */
  #look(key: string): Versioned | undefined {
    const recent = this.#recent.get(key);
    return recent === undefined ? this.#placer.look(key) : recent.held;
  }

  /**
   * Learns what other processes wrote. The places are seen as they are after the journal was looked at, so that what has gone from the journal is
   * there. They may be ahead of the journal: then what the journal says next does not fit on them, until it has caught up.
   * @returns the number of the next group
   */
  readonly #follow = (): number => {
    let found = this.#journal.next();
    this.#placer.refresh();
    for (; found !== undefined; found = this.#journal.next()) {
      if (found === 'gone') {
        this.#readJournal();
        break;
      }
      const { n, group, isOwn } = found;
      this.#last = n;
      if (isOwn) this.#accept(n);
      else this.#take(n, group);
    }
    return this.#last + 1;
  };

  #tendAndFollow(): number {
    const next = this.#last + 1;
    this.#placer.tend(next);
    this.#journal.removeBefore(this.#placer.oldestGroup ?? next);
    return this.#follow();
  }

  #readJournal(): void {
    this.#recent.clear();
    const groups = this.#journal.readAll();
    this.#placer.refresh();
    for (const { n, group } of groups) this.#take(n, group);
    this.#last = groups.at(-1)?.n ?? 0;
  }

  #take(n: number, group: Buffer): void {
    for (const update of readGroup(group)) {
      const held = this.#look(update.key);
      if ((held?.version ?? NO_VERSION) !== update.before) continue;
      const value = update.valueAfter(held?.value);
      const next = value === undefined ? undefined : { value, version: update.after };
      this.#recent.set(update.key, next, n, held === undefined);
    }
  }

  // --- writing ---

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      const group = this.#waiting.splice(0, MOST_UPDATES);
      try {
        await this.#commit(group);
      } catch (error) {
        this.#answer();
        const reason = await toStoreError('cannot write shards', error);
        for (const { reject } of group) reject(reason);
      }
    }
    this.#answer();
    this.#committing = undefined;
  }

  /** Waits for updates that are on their way, as to commit one costs about as much as many: until there are enough, or a turn of the event loop brings none. */
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

  /** Commits a group. It is answered by `#answer`, when the next one is under way, or while that gathers: then the process works while the disk does. */
  async #commit(group: readonly Update[]): Promise<void> {
    for (;;) {
      const n = this.#tendAndFollow();
      if (!this.#placer.hasRoom(n)) {
        this.#answer();
        await this.#placer.makeRoom();
        continue;
      }
      const { changes, results } = this.#stage(group);
      if (changes.size > 0) {
        this.#appending = changes;
        const appended = this.#journal.append(n, this.#writer.finish());
        this.#answer();
        // Somebody else was first: what they wrote may have changed what this group may write.
        if (!(await appended)) continue;
        this.#follow();
      }
      this.#answer();
      this.#committed = { group, results };
      return;
    }
  }

  #accept(n: number): void {
    for (const [key, { held, isNew }] of this.#appending) this.#recent.set(key, held, n, isNew);
  }

  /** Answers the group that was committed last. */
  #answer(): void {
    if (this.#committed === undefined) return;
    const { group, results } = this.#committed;
    this.#committed = undefined;
    group.forEach(({ resolve }, i) => {
      resolve(results[i] as PutResult);
    });
  }

  /** What a group of updates comes to, one after the other, with the group's bytes in the writer. */
  #stage(group: readonly Update[]): { readonly changes: Changes; readonly results: readonly PutResult[] } {
    const changes: Changes = new Map();
    this.#writer.start();
    const results = group.map(({ key, before, next }): PutResult => {
      const staged = changes.get(key);
      const held = staged === undefined ? this.#look(key) : staged.held;
      if (held?.version !== before) {
        return resultOf(staged === undefined ? this.#held(key) : held, false);
      }
      if (next === undefined) {
        if (held !== undefined) this.#writer.removed(key, held);
      } else {
        this.#writer.replaced(key, held, next);
      }
      changes.set(key, { held: next, isNew: held === undefined || staged?.isNew === true });
      return resultOf(next, true);
    });
    return { changes, results };
  }
}

interface Read {
  readonly key: string;
  readonly resolve: (held: Held) => void;
  readonly reject: (error: unknown) => void;
}

interface Update {
  readonly key: string;
  readonly before: number | undefined;
  readonly next: Versioned | undefined;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: unknown) => void;
}

type Changes = Map<string, { readonly held: Versioned | undefined; readonly isNew: boolean }>;

/** So many updates are not kept waiting for more. Of many clients, some then wait for the disk while others are being read and answered. */
const ENOUGH_UPDATES = 16;

/** More updates than this are more than one group. */
const MOST_UPDATES = 256;

const LIMITS: TableLimits = {
  recentBytes: 32 * 1024 * 1024,
  journalBytes: 64 * 1024 * 1024,
};

function heldOf(held: Versioned | undefined): Held {
  return { values: valuesOf(held), version: held?.version };
}

/** What `heldOf` gives and one field more: to spread that would be a call of the runtime for every write. */
function resultOf(held: Versioned | undefined, stored: boolean): PutResult {
  return { values: valuesOf(held), version: held?.version, stored };
}

function valuesOf(held: Versioned | undefined): readonly Buffer[] {
  return held === undefined ? [] : [held.value];
}
