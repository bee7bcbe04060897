import { StoreError, StoreUnavailableError } from '../../lib/store/errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../../lib/store/store.js';

export type Operation = 'fetch' | 'put' | 'remove' | 'increment' | 'count' | 'removeCount' | 'keys' | 'check';

/** Where a call fails: not at all, before its effect, or after it (the answer is lost). */
export type Fault = 'none' | 'before' | 'after';

/**
 * `siblings` behaves like Riak with allow_mult and dotted version vectors: a put replaces what its
 * version covers and is kept beside the rest. `compare-and-swap` refuses a put whose version is not
 * the current one.
 */
export type Concurrency = 'siblings' | 'compare-and-swap';

export interface MemoryStoreOptions {
  readonly concurrency: Concurrency;
  /** Awaited before an operation's effect and before its answer: tests choose the interleaving. */
  readonly schedule?: (label: string) => Promise<void>;
  /** Asked once a call; `key` is the key, the start of the range for `keys`, empty for `check`. */
  readonly fault?: (operation: Operation, key: string) => Fault;
}

/**
 * One value with the dot of the put that wrote it. Dots grow and are never used twice, so a
 * recreated key cannot be confused with an old one.
 */
interface Sibling {
  readonly dot: number;
  readonly value: Uint8Array;
}

/** Covers every value of its key whose dot is not above `covers`. */
class MemoryVersion {
  readonly key: string;
  readonly covers: number;

  constructor(key: string, covers: number) {
    this.key = key;
    this.covers = covers;
  }
}

/** The store contract in memory, for tests that need to choose interleavings and failures. */
export class MemoryStore implements Store {
  /** Calls that were made, whether they failed or not. */
  readonly operations: Record<Operation, number> = {
    fetch: 0,
    put: 0,
    remove: 0,
    increment: 0,
    count: 0,
    removeCount: 0,
    keys: 0,
    check: 0,
  };

  readonly #options: MemoryStoreOptions;
  readonly #shards = new Map<string, readonly Sibling[]>();
  readonly #counts = new Map<string, number>();
  readonly #underWay = new Set<Promise<unknown>>();
  #lastDot = 0;
  #closed = false;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
  }

  fetch(key: string): Promise<Held> {
    return this.#run('fetch', key, () => this.#held(key));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    const bytes = Uint8Array.from(value);
    return this.#run('put', key, () => {
      const held = this.#siblings(key);
      const covers = version === undefined ? 0 : coverage(key, version);
      if (this.#options.concurrency === 'compare-and-swap' && covers !== newestDot(held)) {
        return { ...this.#held(key), stored: false };
      }
      this.#lastDot += 1;
      this.#shards.set(key, [
        ...held.filter((sibling) => sibling.dot > covers),
        { dot: this.#lastDot, value: bytes },
      ]);
      return { ...this.#held(key), stored: true };
    });
  }

  remove(key: string, version: Version): Promise<void> {
    return this.#run('remove', key, () => {
      const covers = coverage(key, version);
      const left = this.#siblings(key).filter((sibling) => sibling.dot > covers);
      if (left.length === 0) this.#shards.delete(key);
      else this.#shards.set(key, left);
    });
  }

  increment(key: string, by: number): Promise<void> {
    return this.#run('increment', key, () => {
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
    });
  }

  count(key: string): Promise<number> {
    return this.#run('count', key, () => this.#counts.get(key) ?? 0);
  }

  removeCount(key: string): Promise<void> {
    return this.#run('removeCount', key, () => {
      this.#counts.delete(key);
    });
  }

  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.#run('keys', range.from, () => {
      const left = [...this.#shards.keys()].filter(
        (key) => key >= range.from && key < range.to && (cursor === undefined || key > cursor),
      );
      const keys = left.sort().slice(0, limit);
      const last = keys.at(-1);
      return last !== undefined && left.length > keys.length ? { keys, cursor: last } : { keys };
    });
  }

  check(): Promise<void> {
    return this.#run('check', '', () => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  #run<T>(operation: Operation, key: string, effect: () => T): Promise<T> {
    this.operations[operation] += 1;
    if (this.#closed) return Promise.reject(new StoreError('the store is closed'));
    const call = this.#interleave(operation, key, effect);
    this.#underWay.add(call);
    const forget = (): void => {
      this.#underWay.delete(call);
    };
    call.then(forget, forget);
    return call;
  }

  async #interleave<T>(operation: Operation, key: string, effect: () => T): Promise<T> {
    const fault = this.#options.fault?.(operation, key) ?? 'none';
    await this.#options.schedule?.(`${operation} ${key}`);
    if (fault === 'before') throw new StoreUnavailableError(`${operation} did not reach the store`);
    const result = effect();
    await this.#options.schedule?.(`${operation} ${key} answer`);
    if (fault === 'after') throw new StoreUnavailableError(`the answer of ${operation} was lost`);
    return result;
  }

  #siblings(key: string): readonly Sibling[] {
    return this.#shards.get(key) ?? [];
  }

  /** Copies, as a store behind a connection gives them. */
  #held(key: string): Held {
    const siblings = this.#siblings(key);
    if (siblings.length === 0) return { values: [], version: undefined };
    return {
      values: siblings.map((sibling) => Uint8Array.from(sibling.value)),
      version: new MemoryVersion(key, newestDot(siblings)),
    };
  }
}

function newestDot(siblings: readonly Sibling[]): number {
  return siblings.reduce((newest, sibling) => Math.max(newest, sibling.dot), 0);
}

function coverage(key: string, version: Version): number {
  if (version instanceof MemoryVersion && version.key === key) return version.covers;
  throw new StoreError('a version of another key or another store');
}
