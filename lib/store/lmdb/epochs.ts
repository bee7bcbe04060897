import type { Database } from 'lmdb';

/**
 * Version numbers that are never used twice in a directory, before or after a restart or a power
 * cut. So an update in the log never fits on a value that it was not made for.
 *
 * The directory counts epochs; a process takes one and numbers its puts from it. 2^27 epochs of
 * 2^26 versions are the 53 bits that LMDB's version, a double, keeps exactly: enough for a restart
 * every second for four years. An epoch is flushed to the disk before it is used.
 *
 * Invariant: of two versions the later one is greater.
 */
export class Epochs {
  readonly #epochs: Database<number, string>;
  #next = 0;
  #end = 0;

  constructor(epochs: Database<number, string>) {
    this.#epochs = epochs;
  }

  /** A number from 1 to 2^53 - 1. @throws an error of LMDB if a new epoch cannot be written */
  nextVersion(): number {
    if (this.#next === this.#end) {
      const epoch = (this.#epochs.get(KEY) ?? 0) + 1;
      this.#epochs.transactionSync(() => {
        void this.#epochs.put(KEY, epoch);
      });
      this.#next = epoch * VERSIONS;
      this.#end = this.#next + VERSIONS;
    }
    return this.#next++;
  }
}

/** Of an epoch: an hour at 18,000 puts a second. */
const VERSIONS = 2 ** 26;

/** What the first format called them. */
const KEY = 'leases';
