import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../../../lib/store/store.js';

/** A store that notes what it is asked to do. */
export class WatchedStore implements Store {
  fetches = 0;
  puts = 0;
  /** Bytes of the largest value ever put. */
  largestValue = 0;

  constructor(private readonly store: Store) {}

  fetch(key: string): Promise<Held> {
    this.fetches++;
    return this.store.fetch(key);
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    this.puts++;
    this.largestValue = Math.max(this.largestValue, value.length);
    return this.store.put(key, value, version);
  }

  remove(key: string, version: Version): Promise<void> {
    return this.store.remove(key, version);
  }

  increment(key: string, by: number): Promise<void> {
    return this.store.increment(key, by);
  }

  count(key: string): Promise<number> {
    return this.store.count(key);
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.store.keys(range, cursor, limit);
  }

  check(): Promise<void> {
    return this.store.check();
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
