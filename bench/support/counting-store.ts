import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../../lib/store/store.js';

/** Passes calls on to a store, and counts them and the bytes of the values that go either way. */
export class CountingStore implements Store {
  operations = 0;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(private readonly store: Store) {}

  async fetch(key: string): Promise<Held> {
    this.operations++;
    const held = await this.store.fetch(key);
    for (const { length } of held.values) this.bytesRead += length;
    return held;
  }

  async put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    this.operations++;
    this.bytesWritten += value.length;
    const result = await this.store.put(key, value, version);
    // The value itself comes back from a store in this process; what others wrote has been read.
    for (const held of result.values) if (held !== value) this.bytesRead += held.length;
    return result;
  }

  remove(key: string, version: Version): Promise<void> {
    this.operations++;
    return this.store.remove(key, version);
  }

  increment(key: string, by: number): Promise<void> {
    this.operations++;
    return this.store.increment(key, by);
  }

  count(key: string): Promise<number> {
    this.operations++;
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
