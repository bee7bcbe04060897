import { StoreError } from '../../lib/store/errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../../lib/store/store.js';

interface Entry {
  readonly values: readonly [Uint8Array];
  readonly version: number;
}

const NOTHING: Held = { values: [], version: undefined };
const NOTHING_NOW = Promise.resolve(NOTHING);
const DONE = Promise.resolve();

/**
 * A store in memory that answers at once and does as little as it can: what is measured on it is
 * the tracker's own code. It takes one process and keeps what it is given, without a copy. The
 * store that the tests have, test/support/memory-store.ts, copies everything and counts.
 */
export class InstantStore implements Store {
  private readonly entries = new Map<string, Entry>();
  private readonly counts = new Map<string, number>();
  private lastVersion = 0;
  /** Made when keys are listed, and dropped when one comes. */
  private sorted: string[] | undefined;

  /** How often something was stored. */
  get writes(): number {
    return this.lastVersion;
  }

  fetch(key: string): Promise<Held> {
    const entry = this.entries.get(key);
    return entry === undefined ? NOTHING_NOW : Promise.resolve(entry);
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    const held = this.entries.get(key);
    if (held?.version !== version) return Promise.resolve({ ...(held ?? NOTHING), stored: false });
    this.lastVersion += 1;
    const entry = { values: [value] as const, version: this.lastVersion, stored: true };
    this.entries.set(key, entry);
    if (held === undefined) this.sorted = undefined;
    return Promise.resolve(entry);
  }

  remove(key: string, version: Version): Promise<void> {
    if (this.entries.get(key)?.version === version) this.entries.delete(key);
    return DONE;
  }

  increment(key: string, by: number): Promise<void> {
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
    return DONE;
  }

  count(key: string): Promise<number> {
    return Promise.resolve(this.counts.get(key) ?? 0);
  }

  removeCount(key: string): Promise<void> {
    this.counts.delete(key);
    return DONE;
  }

  keys({ from, to }: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    this.sorted ??= [...this.entries.keys()].sort();
    let at = firstAtLeast(this.sorted, cursor ?? from);
    if (cursor !== undefined && this.sorted[at] === cursor) at++;
    const page = this.sorted.slice(at, Math.min(at + limit, firstAtLeast(this.sorted, to)));
    const last = page.at(-1);
    // Removed keys stay in the order until it is made anew.
    const keys = page.filter((key) => this.entries.has(key));
    return Promise.resolve(page.length === limit && last !== undefined ? { keys, cursor: last } : { keys });
  }

  check(): Promise<void> {
    return DONE;
  }

  /** Costs the calls before it nothing, not even a question whether it has come. */
  close(): Promise<void> {
    const refuse = (): Promise<never> => Promise.reject(new StoreError('the store is closed'));
    const calls = {
      fetch: refuse,
      put: refuse,
      remove: refuse,
      increment: refuse,
      count: refuse,
      removeCount: refuse,
      keys: refuse,
    };
    Object.assign(this, calls, { check: refuse });
    return DONE;
  }
}

function firstAtLeast(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
