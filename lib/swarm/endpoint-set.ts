import { byteAt, compareRange, readUint16, readUint32 } from './bytes.js';

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
  /** Of IPv4 the address; of IPv6 a hash. */
  private readonly heads: Uint32Array;
  /** Of IPv4 the port; of IPv6 a number that is none. */
  private readonly tails: Uint32Array;
  /** Of IPv6 alone: where the endpoint is. */
  private readonly sources: (Uint8Array | undefined)[];
  private readonly offsets: Uint32Array;

  private constructor(private readonly size: number) {
    this.stamps = new Uint32Array(size);
    this.heads = new Uint32Array(size);
    this.tails = new Uint32Array(size);
    this.sources = new Array<Uint8Array | undefined>(size).fill(undefined);
    this.offsets = new Uint32Array(size);
  }

  /** Adds the endpoint at a byte offset, 6 or 18 bytes long; false if it was there. */
  add(source: Uint8Array, at: number, length: number): boolean {
    const isV4 = length === V4_ENDPOINT;
    const head = isV4 ? readUint32(source, at) : hashOf(source, at, length);
    const tail = isV4 ? readUint16(source, at + 4) : NO_PORT;
    let slot = Math.imul(head ^ Math.imul(tail, 0x85ebca6b), 0x9e3779b1);
    slot = (slot ^ (slot >>> 15)) & (this.size - 1);
    while (this.stamps[slot] === this.stamp) {
      if (this.heads[slot] === head && this.tails[slot] === tail) {
        if (isV4 || this.isAt(slot, source, at, length)) return false;
      }
      slot = (slot + 1) & (this.size - 1);
    }
    this.stamps[slot] = this.stamp;
    this.heads[slot] = head;
    this.tails[slot] = tail;
    if (!isV4) {
      this.sources[slot] = source;
      this.offsets[slot] = at;
    }
    return true;
  }

  private isAt(slot: number, source: Uint8Array, at: number, length: number): boolean {
    const known = this.sources[slot];
    return known !== undefined && compareRange(known, this.offsets[slot] as number, source, at, length) === 0;
  }

  private clear(): void {
    this.stamp = (this.stamp + 1) >>> 0;
    if (this.stamp === 0) {
      this.stamps.fill(0);
      this.stamp = 1;
    }
  }
}

function hashOf(bytes: Uint8Array, at: number, length: number): number {
  let hash = length;
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ byteAt(bytes, i), 0x01000193);
  return hash >>> 0;
}

/** Address and port of BEP 23. */
const V4_ENDPOINT = 6;
const NO_PORT = 0x10000;
