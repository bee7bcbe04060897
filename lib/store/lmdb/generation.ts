import type { KeyRange } from '../store.js';
import { ownMemory, type Versioned } from './batch.js';

/** What is under a key; null: it was removed. */
export type State = Versioned | null;

/** The values that changed from one position of the log on, until the next generation began. */
export class Generation {
  readonly #states = new Map<string, State>();
  /** By the first characters of the key: a listing of a few keys does not go through all of them. */
  readonly #unlisted = new Map<string, Set<string>>();
  #since: number | undefined;
  #bytes = 0;

  /** The position of its first change; undefined if there is none. */
  get since(): number | undefined {
    return this.#since;
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined: it did not change. */
  get(key: string): State | undefined {
    return this.#states.get(key);
  }

  /** @param isNew whether nothing was held before */
  set(key: string, state: State, position: number, isNew: boolean): void {
    const before = this.#states.get(key);
    const after = state && owned(state);
    this.#states.set(key, after);
    this.#bytes += sizeOf(after) - (before === undefined ? -OVERHEAD : sizeOf(before));
    this.#since ??= position;
    if (isNew || state === null) this.#unlist(key);
  }

  /**
   * Keys that LMDB may list though they are gone, or not list though they are there: all from
   * `from` to `to`, and some others.
   */
  *unlisted({ from, to }: KeyRange): Generator<string> {
    const [first, last] = [prefixOf(from), prefixOf(to)];
    for (const [prefix, keys] of this.#unlisted) if (prefix >= first && prefix <= last) yield* keys;
  }

  #unlist(key: string): void {
    const prefix = prefixOf(key);
    const keys = this.#unlisted.get(prefix);
    if (keys === undefined) this.#unlisted.set(prefix, new Set([key]));
    else keys.add(key);
  }

  /** Some of its states. */
  some(max: number): [string, State][] {
    const found: [string, State][] = [];
    for (const entry of this.#states) if (found.push(entry) === max) break;
    return found;
  }

  /** Forgets states that LMDB has now. */
  forget(states: readonly [string, State][]): void {
    for (const [key, state] of states) {
      this.#states.delete(key);
      this.#unlisted.get(prefixOf(key))?.delete(key);
      this.#bytes -= sizeOf(state) + OVERHEAD;
    }
  }
}

/** A byte of an infohash in hex: a purge lists one such range after the other. */
function prefixOf(key: string): string {
  return key.slice(0, 2);
}

function sizeOf(state: State): number {
  return state === null ? 0 : state.value.length;
}

/** Whoever keeps a part of a buffer keeps all of it. */
function owned(state: Versioned): Versioned {
  const { value, version } = state;
  return value.length * 2 >= value.buffer.byteLength ? state : { value: ownMemory(value), version };
}

/** Bytes of the objects, the key and the map's entry. */
const OVERHEAD = 400;
