import { ownMemory, type Versioned } from './batch.js';

/** What is under a key; null: it was removed. */
export type State = Versioned | null;

/** The values that changed from one position of the log on, until the next generation began. */
export class Generation {
  readonly #states = new Map<string, State>();
  readonly #unlisted = new Set<string>();
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
    if (isNew || state === null) this.#unlisted.add(key);
  }

  /** Keys that LMDB may list though they are gone, or not list though they are there. */
  unlisted(): Iterable<string> {
    return this.#unlisted;
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
      this.#unlisted.delete(key);
      this.#bytes -= sizeOf(state) + OVERHEAD;
    }
  }
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
