import { byteAt, compareRange } from './bytes.js';

/**
 * The endpoints (address and port) that one reply already has: a hash table over ranges of records, which are not copied.
 * One table is used again and again, as a reply is put together without a pause; `cleared` costs no more than counting up a stamp.
 */
export class EndpointSet {
  private static shared = new EndpointSet(256);

  /** An empty set with room for this many endpoints. The set given before is no longer valid. */
  static cleared(room: number): EndpointSet {
    if (room * 2 > EndpointSet.shared.size) {
      EndpointSet.shared = new EndpointSet(2 ** Math.ceil(Math.log2(room * 2)));
    }
    EndpointSet.shared.clear();
    return EndpointSet.shared;
  }

  private stamp = 0;
  private readonly stamps: Uint32Array;
  private readonly sources: Uint8Array[];
  private readonly offsets: Uint32Array;
  private readonly lengths: Uint8Array;

  private constructor(private readonly size: number) {
    this.stamps = new Uint32Array(size);
    this.offsets = new Uint32Array(size);
    this.lengths = new Uint8Array(size);
    this.sources = new Array<Uint8Array>(size).fill(new Uint8Array(0));
  }

  /** Adds the endpoint at a byte offset; false if it was there. */
  add(source: Uint8Array, at: number, length: number): boolean {
    let hash = length;
    for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ byteAt(source, i), 0x01000193);
    let slot = (hash ^ (hash >>> 15)) & (this.size - 1);
    while (this.stamps[slot] === this.stamp) {
      if (
        this.lengths[slot] === length &&
        compareRange(this.source(slot), this.offset(slot), source, at, length) === 0
      ) {
        return false;
      }
      slot = (slot + 1) & (this.size - 1);
    }
    this.stamps[slot] = this.stamp;
    this.sources[slot] = source;
    this.offsets[slot] = at;
    this.lengths[slot] = length;
    return true;
  }

  private clear(): void {
    this.stamp = (this.stamp + 1) >>> 0;
    if (this.stamp === 0) {
      this.stamps.fill(0);
      this.stamp = 1;
    }
  }

  private source(slot: number): Uint8Array {
    return this.sources[slot] as Uint8Array;
  }

  private offset(slot: number): number {
    return this.offsets[slot] as number;
  }
}
