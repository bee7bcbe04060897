import type { Random } from '../environment.js';

const BUCKETS = 65_536;

/**
 * How many requests of one client are served in a second, without remembering clients: addresses
 * are counted in a table of fixed size. Two of them seldom share an entry, and then not in the next
 * second.
 */
export class AddressRates {
  private readonly counts = new Uint32Array(BUCKETS);
  private second = 0;
  private seed = 0;

  /** @param perSecond 0 lets everything through */
  constructor(
    private readonly perSecond: number,
    private readonly random: Random,
  ) {}

  /**
   * Counts a request.
   * @param address 4 or 16 bytes; of an IPv6 address the network of 64 bits counts, in which one
   *   machine has as many as it likes
   * @param nowMs milliseconds since the epoch
   * @returns whether it is served
   */
  take(address: Uint8Array, nowMs: number): boolean {
    if (this.perSecond === 0) return true;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.seed = Math.floor(this.random() * 2 ** 32);
      this.counts.fill(0);
    }
    const bucket = this.bucketOf(address);
    const count = this.counts[bucket] ?? 0;
    if (count >= this.perSecond) return false;
    this.counts[bucket] = count + 1;
    return true;
  }

  private bucketOf(address: Uint8Array): number {
    let hash = this.seed;
    const length = address.length === 4 ? 4 : 8;
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ (address[i] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & (BUCKETS - 1);
  }
}
