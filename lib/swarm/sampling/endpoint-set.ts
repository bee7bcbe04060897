import { byteAt, isSameRange, readUint16, readUint32 } from '../shard/bytes.js';

/** Numbers a slot of the table has. */
const SLOT = 4;

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
  /**
   * Four numbers a slot, so that one line of the cache has them: the stamp of the set that it belongs to; of IPv4 address and port, of IPv6 a hash and a
   * number that is no port; and where an endpoint of IPv6 is.
   */
  private readonly slots: Uint32Array;
  /** Of IPv6 alone: what it is in. */
  private readonly sources: (Uint8Array | undefined)[];

  private constructor(private readonly size: number) {
    this.slots = new Uint32Array(size * SLOT);
    this.sources = new Array<Uint8Array | undefined>(size).fill(undefined);
  }

  /** Adds the endpoint at a byte offset, 6 or 18 bytes long; false if it was there. */
  add(source: Uint8Array, at: number, length: number): boolean {
    return length === V4_ENDPOINT
      ? this.addV4(readUint32(source, at), readUint16(source, at + 4))
      : this.addV6(source, at, length);
  }

  /** Adds an endpoint of IPv4; false if it was there. */
  addV4(address: number, port: number): boolean {
    const { slots, stamp } = this;
    const mask = slots.length - 1;
    let slot = this.firstSlot(address, port);
    for (; slots[slot] === stamp; slot = (slot + SLOT) & mask) {
      if (slots[slot + 1] === address && slots[slot + 2] === port) return false;
    }
    slots[slot] = stamp;
    slots[slot + 1] = address;
    slots[slot + 2] = port;
    return true;
  }

  private addV6(source: Uint8Array, at: number, length: number): boolean {
    const { slots, stamp } = this;
    const hash = hashOf(source, at, length);
    let slot = this.firstSlot(hash, NO_PORT);
    for (; slots[slot] === stamp; slot = (slot + SLOT) & (slots.length - 1)) {
      if (slots[slot + 1] !== hash || slots[slot + 2] !== NO_PORT) continue;
      const known = this.sources[slot / SLOT];
      if (known !== undefined && isSameRange(known, slots[slot + 3] as number, source, at, length))
        return false;
    }
    slots[slot] = stamp;
    slots[slot + 1] = hash;
    slots[slot + 2] = NO_PORT;
    slots[slot + 3] = at;
    this.sources[slot / SLOT] = source;
    return true;
  }

  private firstSlot(head: number, tail: number): number {
    const hash = Math.imul(head ^ Math.imul(tail, 0x85ebca6b), 0x9e3779b1);
    return ((hash ^ (hash >>> 15)) & (this.size - 1)) * SLOT;
  }

  private clear(): void {
    this.stamp = (this.stamp + 1) >>> 0;
    if (this.stamp === 0) {
      this.slots.fill(0);
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
