import { byteAt, isSameRange, readUint16, readUint32 } from '../shard/bytes.js';

/** Numbers in a slot of the table. */
const SLOT = 4;
/** Bytes of an IPv4 endpoint (BEP 23). */
const V4_ENDPOINT = 6;
/** In the place of a port: the slot has an IPv6 endpoint. */
const NO_PORT = 0x10000;

/**
 * The endpoints (address and port) that one reply already has: a hash table over ranges of records,
 * which are not copied. One table serves all replies, as each is put together in one go; to clear
 * it costs one increment of a stamp.
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
   * Four numbers a slot, so that they share a cache line: the stamp of its set; IPv4: address and
   * port; IPv6: a hash, NO_PORT, and the offset of the endpoint.
   */
  private readonly slots: Uint32Array;
  /** For each slot with an IPv6 endpoint, the bytes that have it. */
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
