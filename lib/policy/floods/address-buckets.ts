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
  private readonly tags = new Uint32Array(SLOTS);
  /** Milliseconds since the epoch. */
  private readonly fullAt = new Float64Array(SLOTS);
  private readonly seed: number;
  private readonly buckets: TokenBuckets;

  constructor(rules: BucketRules, random: Random) {
    this.seed = Math.floor(random() * 2 ** 32);
    this.buckets = new TokenBuckets(rules);
  }

  /**
   * Takes a token, if there is one.
   * @param address 4 or 16 bytes
   * @param nowMs milliseconds since the epoch
   * @returns 0, or after how many milliseconds there will be one; nothing is taken then
   */
  take(address: Uint8Array, nowMs: number): number {
    if (this.buckets.isOpen) return 0;
    const slot = this.slotOf(address);
    const fullAt = this.buckets.fullAfterTake(this.fullAt[slot] ?? 0, nowMs);
    const wait = this.buckets.waitOf(fullAt, nowMs);
    if (wait === 0) this.fullAt[slot] = fullAt;
    return wait;
  }

  private slotOf(address: Uint8Array): number {
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
