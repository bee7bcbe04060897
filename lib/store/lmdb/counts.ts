import type { Database } from 'lmdb';

import { ABSENT } from './environment.js';

/** Increments of one key that go into the next write together. */
interface Batch {
  by: number;
  readonly written: Promise<void>;
}

/**
 * Download counts. An entry has no value: its LMDB version is the count, so that "from 41 to 42, if it still is 41" is one
 * conditional write, atomic across processes. Increments of a key that arrive while one is being written are added up
 * and written together, so that a hot swarm does not compete with itself.
 */
export class Counts {
  readonly #entries: Database<Uint8Array, string>;
  readonly #waiting = new Map<string, Batch>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(entries: Database<Uint8Array, string>) {
    this.#entries = entries;
  }

  get(key: string): number {
    return this.#held(key) ?? 0;
  }

  add(key: string, by: number): Promise<void> {
    const joined = this.#waiting.get(key);
    if (joined !== undefined) {
      joined.by += by;
      return joined.written;
    }
    const batch: Batch = { by, written: this.#writeAfterCurrent(key) };
    this.#waiting.set(key, batch);
    return batch.written;
  }

  async #writeAfterCurrent(key: string): Promise<void> {
    // A failure of the earlier write belongs to those who asked for it.
    await this.#writing.get(key)?.catch(() => undefined);
    // Let the caller enter the batch, and others of this turn join it.
    await Promise.resolve();
    const by = this.#waiting.get(key)?.by ?? 0;
    this.#waiting.delete(key);
    const write = this.#write(key, by);
    this.#writing.set(key, write);
    try {
      await write;
    } finally {
      this.#writing.delete(key);
    }
  }

  async #write(key: string, by: number): Promise<void> {
    const empty = new Uint8Array(0);
    for (;;) {
      const held = this.#held(key);
      const stored = await this.#entries.put(key, empty, (held ?? 0) + by, held ?? ABSENT);
      if (stored) return;
    }
  }

  /** Of the newest snapshot: another process may have counted since the last read. */
  #held(key: string): number | undefined {
    this.#entries.resetReadTxn();
    return this.#entries.getEntry(key)?.version;
  }
}
