import type { StoreError } from '../errors.js';
import type { Versioned } from './journal-group.js';

/** A value that is newer than the one in its place in the database, or that was removed since. */
export interface RecentValue {
  readonly key: string;
  /** Undefined: removed. */
  held: Versioned | undefined;
  /** The version in the database, undefined if there is none. */
  placed: number | undefined;
  /** The oldest group of the journal that is needed to know this value, besides the one in the database. */
  since: number;
  /** It was put into its place, and changed again while that was under way. So its place in the order is older than it is. */
  again: boolean;
  /** It is being put into its place: settles when that is done, with an error if it failed. */
  placing: Promise<StoreError | undefined> | undefined;
}

/**
 * The values that only the journal holds, in the order in which they came into it. A value that changes again and again is one
 * value here, and is put into its place once for all of its changes.
 */
export class RecentValues {
  readonly #values = new Map<string, RecentValue>();
  #bytes = 0;

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): RecentValue | undefined {
    return this.#values.get(key);
  }

  /** @param placed the version in the database, if the value was not recent before */
  set(key: string, held: Versioned | undefined, group: number, placed: number | undefined): void {
    const known = this.#values.get(key);
    if (known === undefined) {
      const value = { key, held, placed, since: group, again: false, placing: undefined };
      this.#values.set(key, value);
      this.#bytes += weightOf(value);
    } else {
      this.#bytes -= weightOf(known);
      known.held = held;
      this.#bytes += weightOf(known);
    }
  }

  /** Forgets a value, whose place in the database now has it. */
  delete(value: RecentValue): void {
    if (this.#values.get(value.key) !== value) return;
    this.#values.delete(value.key);
    this.#bytes -= weightOf(value);
  }

  /** Forgets all values, as the database has them, or the journal that is about to be read again. */
  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }

  /** Values that need group n or an older one, oldest first. */
  *neededSince(n: number): Generator<RecentValue> {
    for (const value of this.#values.values()) {
      if (value.since <= n) yield value;
      // All that come after it came later, but for those that were put into their place before.
      else if (!value.again) return;
    }
  }

  /** The oldest group that any value needs; undefined if none needs any. */
  get oldestGroup(): number | undefined {
    let oldest: number | undefined;
    for (const value of this.#values.values()) {
      if (oldest === undefined || value.since < oldest) oldest = value.since;
      if (!value.again) break;
    }
    return oldest;
  }

  all(): IterableIterator<RecentValue> {
    return this.#values.values();
  }
}

function weightOf({ held }: RecentValue): number {
  return OVERHEAD + (held === undefined ? 0 : held.value.length);
}

/** The objects, the key and the map's entry. */
const OVERHEAD = 300;
