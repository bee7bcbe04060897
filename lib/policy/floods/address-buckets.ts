import type { Random } from '../../environment.js';
import { TokenBuckets, type BucketRules } from './token-bucket.js';

/** Slots of a table: 131,072, in 1.5 MB. */
const SLOTS = 2 ** 17;
/** Slots that one address may be in. */
const WAYS = 4;

/**
 * A token bucket for each address, in a table of fixed size. Of an IPv6 address the network of 64
 * bits counts, in which one machine has as many as it likes.
 *
 * An address has one of four slots, and a tag of 32 bits tells it from others. If all four are
 * taken, the one that is full first gives way: whoever loses its slot had used the least, and
 * begins with a full bucket. The hash has a seed of the process, so that nobody can choose
 * addresses of the same slots.
 */
export class AddressBuckets {
  /** Made when it is used first: a process may never need it. */
  private table: Table | undefined;
  private readonly buckets: TokenBuckets;

  constructor(
    rules: BucketRules,
    private readonly random: Random,
  ) {
    this.buckets = new TokenBuckets(rules);
  }

  /** From now on. */
  follow(rules: BucketRules): void {
    this.buckets.follow(rules);
  }

  /**
   * Takes a token, if there is one.
   * @param address 4 or 16 bytes
   * @param nowMs milliseconds since the epoch
   * @returns 0, or after how many milliseconds there will be one; nothing is taken then
   */
  take(address: Uint8Array, nowMs: number): number {
    if (this.buckets.isOpen) return 0;
    this.table ??= new Table(Math.floor(this.random() * 2 ** 32));
    const { table } = this;
    const slot = table.slotOf(address);
    const fullAt = this.buckets.fullAfterTake(table.fullAt[slot] ?? 0, nowMs);
    const wait = this.buckets.waitOf(fullAt, nowMs);
    if (wait === 0) table.fullAt[slot] = fullAt;
    return wait;
  }
}

class Table {
  /** When each bucket is full again, milliseconds since the epoch. */
  readonly fullAt = new Float64Array(SLOTS);
  private readonly tags = new Uint32Array(SLOTS);

  /** @param seed 32 bits */
  constructor(private readonly seed: number) {}

  /** The slot of an address, which is emptied if it was another's. */
  slotOf(address: Uint8Array): number {
    let hash = this.seed;
    let tag = ~this.seed;
    const length = address.length === 4 ? 4 : 8;
    for (let i = 0; i < length; i++) {
      const byte = address[i] ?? 0;
      hash = Math.imul(hash ^ byte, 0x9e3779b1);
      hash ^= hash >>> 15;
      tag = Math.imul(tag ^ byte, 0x85ebca6b);
      tag ^= tag >>> 13;
    }
    // No IPv4 address is a network of IPv6.
    tag = (tag ^ length) >>> 0;
    const first = (hash & (SLOTS / WAYS - 1)) * WAYS;
    let oldest = first;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.tags[slot] === tag) return slot;
      if ((this.fullAt[slot] ?? 0) < (this.fullAt[oldest] ?? 0)) oldest = slot;
    }
    this.tags[oldest] = tag;
    this.fullAt[oldest] = 0;
    return oldest;
  }
}
