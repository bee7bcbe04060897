import { LinkedList, type Linked } from '../../linked-list.js';
import type { Versioned } from './journal-group.js';

/** A value that is newer than the one in its place in the database, or that was removed since. */
export interface RecentValue {
  readonly key: string;
  /** Undefined: removed. */
  readonly held: Versioned | undefined;
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
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

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
   * @param group the newest group so far
   * @param isNew whether nothing was held before
   */
  set(key: string, held: Versioned | undefined, group: number, isNew: boolean): void {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { key, held, since: group, before: undefined, after: undefined };
      this.#entries.set(key, entry);
      this.#order.append(entry);
      this.#bytes += weightOf(held);
    } else {
      this.#bytes += weightOf(held) - weightOf(entry.held);
      entry.held = held;
    }
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
    if (entry === undefined || entry.held?.version !== version) return;
    this.#order.remove(entry);
    this.#unlisted.delete(entry);
    this.#entries.delete(entry.key);
    this.#bytes -= weightOf(entry.held);
  }

  /** Forgets all values, as the journal is about to be read again. */
  clear(): void {
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

interface Entry extends Linked<Entry> {
  readonly key: string;
  held: Versioned | undefined;
  since: number;
}

function weightOf(held: Versioned | undefined): number {
  return OVERHEAD + (held === undefined ? 0 : held.value.length);
}

/** The objects, the key and the map's entry. */
const OVERHEAD = 300;
