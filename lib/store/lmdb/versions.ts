import type { Database } from 'lmdb';

/** Versions that a process takes from the environment at a time: one lease lasts an hour at 18,000 puts a second. */
const LEASE = 2 ** 26;

const LEASES_KEY = 'leases';

/**
 * Version numbers that are never used twice in an environment, by any process, before or after a restart.
 * So a writer that remembers the version of a shard which was removed and written anew is always refused.
 *
 * The environment counts leases; a process takes one and numbers its puts from it. 2^27 leases of 2^26 versions are
 * the 53 bits that LMDB's version, a double, keeps exactly: enough for a restart every second for four years.
 * A lease is flushed to the disk before it is used, whatever the durability.
 */
export class VersionNumbers {
  readonly #leases: Database<number, string>;
  #next = 0;
  #end = 0;

  constructor(leases: Database<number, string>) {
    this.#leases = leases;
  }

  /** A number from 1 to 2^53 - 1. Throws what LMDB throws if a new lease cannot be written. */
  next(): number {
    if (this.#next === this.#end) this.#takeLease();
    const version = this.#next;
    this.#next += 1;
    return version;
  }

  #takeLease(): void {
    const lease = this.#leases.transactionSync(() => {
      const taken = (this.#leases.get(LEASES_KEY) ?? 0) + 1;
      this.#leases.putSync(LEASES_KEY, taken);
      return taken;
    });
    this.#next = lease * LEASE;
    this.#end = this.#next + LEASE;
  }
}
