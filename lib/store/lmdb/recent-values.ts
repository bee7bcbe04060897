import { LinkedList, type Linked } from '../../linked-list.js';
import type { Versioned } from './journal-group.js';
import { ValuePool } from './value-pool.js';

/** A value that is newer than the one in its place in the database, or that was removed since. */
export interface RecentValue {
  readonly key: string;
  /** Undefined: removed. The bytes are not copied: they are others as soon as the value changes or is forgotten, unless the memory is held. */
  readonly held: Versioned | undefined;
  /** Undefined: removed. */
  readonly version: number | undefined;
  /** The oldest group of the journal that is needed to know this value, besides the one in the database. */
  readonly since: number;
}

/**
 * The values that only the journal holds, in the order in which they came into it. A value that changes again and again is one
 * value here, and is put into its place once for all of its changes.
 *
 * Invariant: along the list `since` never falls. A value that is being put into its place is at the end of the list, as if it had come with the next
 * group: what it needs of older groups, whoever puts it there remembers.
 */
export class RecentValues {
  readonly #entries = new Map<string, Entry>();
  readonly #order = new LinkedList<Entry>();
  /** Those that came or went since they are recent. */
  readonly #unlisted = new Set<Entry>();
  readonly #pool = new ValuePool();
  #bytes = 0;

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest group that any value needs; undefined if there is none. */
  get oldestGroup(): number | undefined {
    return this.#order.first?.since;
  }

  get(key: string): RecentValue | undefined {
    return this.#entries.get(key);
  }

  /**
   * Copies a value.
   * @param group the newest group so far
   * @param isNew whether nothing was held before
   */
  set(key: string, held: Versioned | undefined, group: number, isNew: boolean): void {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = new Entry(this.#pool, key, group);
      this.#entries.set(key, entry);
      this.#order.append(entry);
      this.#bytes += OVERHEAD;
    }
    this.#bytes -= entry.size;
    entry.hold(held);
    this.#bytes += entry.size;
    // For good: other processes may put into its place what came, or went, before it did the other.
    if (isNew || held === undefined) this.#unlisted.add(entry);
  }

  /**
   * The oldest values, oldest first.
   * @param isWanted of the group that a value needs; if it is false for one, it is so for all newer ones
   */
  oldest(isWanted: (group: number) => boolean, most: number): RecentValue[] {
    const found: RecentValue[] = [];
    for (let entry = this.#order.first; entry !== undefined && found.length < most; entry = entry.after) {
      if (!isWanted(entry.since)) break;
      found.push(entry);
    }
    return found;
  }

  /**
   * The value is put into its place from now on.
   * @param group the next group
   * @returns false if the value was forgotten
   */
  placing(value: RecentValue, group: number): boolean {
    const entry = this.#own(value);
    if (entry === undefined) return false;
    this.#order.remove(entry);
    entry.since = group;
    this.#order.append(entry);
    return true;
  }

  /** The database has this version of a value now. Forgets the value if that is the one that is held. */
  placed(value: RecentValue, version: number | undefined): void {
    const entry = this.#own(value);
    if (entry === undefined || entry.version !== version) return;
    this.#order.remove(entry);
    this.#unlisted.delete(entry);
    this.#entries.delete(entry.key);
    this.#bytes -= OVERHEAD + entry.size;
    entry.hold(undefined);
  }

  /** From now on the bytes of all values stay as they are, whatever happens to the values, until `letGo`: somebody else is reading them. */
  hold(): void {
    this.#pool.hold();
  }

  letGo(): void {
    this.#pool.letGo();
  }

  /** Forgets all values, as the journal is about to be read again. */
  clear(): void {
    for (const entry of this.#entries.values()) entry.hold(undefined);
    this.#entries.clear();
    this.#unlisted.clear();
    this.#order.clear();
    this.#bytes = 0;
  }

  /** At least those that the database may list though they are gone (`held` undefined), or may not list though they are there. */
  unlisted(): Iterable<RecentValue> {
    return this.#unlisted;
  }

  /** The entry, unless the value was forgotten since. */
  #own(value: RecentValue): Entry | undefined {
    const entry = this.#entries.get(value.key);
    return entry === value ? entry : undefined;
  }
}

class Entry implements RecentValue, Linked<Entry> {
  version: number | undefined;
  before: Entry | undefined;
  after: Entry | undefined;
  /** Where the bytes are, if there is a version. */
  private place = 0;
  private length = 0;

  constructor(
    private readonly pool: ValuePool,
    readonly key: string,
    public since: number,
  ) {}

  get held(): Versioned | undefined {
    const { version } = this;
    return version === undefined ? undefined : { value: this.pool.at(this.place, this.length), version };
  }

  /** Bytes of memory for the value. */
  get size(): number {
    return this.version === undefined ? 0 : this.pool.sizeAt(this.place);
  }

  hold(held: Versioned | undefined): void {
    const { pool, version } = this;
    this.version = held?.version;
    if (held === undefined) {
      if (version !== undefined) pool.free(this.place);
      return;
    }
    this.length = held.value.length;
    this.place = version === undefined ? pool.copy(held.value) : pool.replace(this.place, held.value);
  }
}

/** Bytes of the objects, the key and the map's entry. */
const OVERHEAD = 300;
