import type {
  Consistency,
  Held,
  KeyPage,
  KeyRange,
  PutResult,
  Store,
  Version,
} from '../../lib/store/store.js';

/** Calls to a store by what they do. */
export interface StoreCalls {
  readonly reads: number;
  readonly writes: number;
  /** Writes and reads of download counts. */
  readonly counts: number;
  /** Removals and lists of keys: the purge's. */
  readonly others: number;
  /** Of values, either way. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Passes calls on to a store and counts them, also by key where that is asked for. */
export class SimulatedStore implements Store {
  reads = 0;
  writes = 0;
  counts = 0;
  others = 0;
  bytesRead = 0;
  bytesWritten = 0;
  /** Reads and writes of each key, while it is there. */
  byKey: Map<string, number> | undefined;
  /** The longest value that was written, bytes. */
  longestValue = 0;

  constructor(private readonly store: Store) {}

  /** What was called since it was made, or since then. */
  calls(since: StoreCalls = NO_CALLS): StoreCalls {
    return {
      reads: this.reads - since.reads,
      writes: this.writes - since.writes,
      counts: this.counts - since.counts,
      others: this.others - since.others,
      bytesRead: this.bytesRead - since.bytesRead,
      bytesWritten: this.bytesWritten - since.bytesWritten,
    };
  }

  fetch(key: string, consistency?: Consistency): Promise<Held> {
    this.reads++;
    this.note(key);
    return this.store.fetch(key, consistency).then((held) => {
      for (const { length } of held.values) this.bytesRead += length;
      return held;
    });
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    this.writes++;
    this.note(key);
    this.bytesWritten += value.length;
    if (value.length > this.longestValue) this.longestValue = value.length;
    return this.store.put(key, value, version);
  }

  remove(key: string, version: Version): Promise<void> {
    this.others++;
    return this.store.remove(key, version);
  }

  increment(key: string, by: number): Promise<void> {
    this.counts++;
    return this.store.increment(key, by);
  }

  count(key: string): Promise<number> {
    this.counts++;
    return this.store.count(key);
  }

  removeCount(key: string): Promise<void> {
    this.others++;
    return this.store.removeCount?.(key) ?? Promise.resolve();
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    this.others++;
    return this.store.keys(range, cursor, limit);
  }

  check(): Promise<void> {
    return this.store.check();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private note(key: string): void {
    this.byKey?.set(key, (this.byKey.get(key) ?? 0) + 1);
  }
}

const NO_CALLS: StoreCalls = { reads: 0, writes: 0, counts: 0, others: 0, bytesRead: 0, bytesWritten: 0 };
