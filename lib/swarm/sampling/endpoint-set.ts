import { byteAt, isSameRange, readUint16, readUint32 } from '../shard/bytes.js';

/** Numbers in a slot of the table. */
const SLOT = 4;
/** Bytes of an IPv4 endpoint (BEP 23). */
const V4_ENDPOINT = 6;
/** In the place of a port: the slot has an IPv6 endpoint. */
const NO_PORT = 0x10000;
/** Added to a port: the slot is found by the address alone, and has the first endpoint of it. */
const FIRST = 0x20000;
/** Bytes of an IPv6 address that are its network. */
const V6_NETWORK = 8;

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

  /** Adds an endpoint of IPv4 if there is none of its address yet; else false. */
  addFirstV4(address: number, port: number): boolean {
    const { slots, stamp } = this;
    const slot = this.findFirstV4(address);
    if (slots[slot] === stamp) return false;
    slots[slot] = stamp;
    slots[slot + 1] = address;
    slots[slot + 2] = FIRST | port;
    return true;
  }

  /** The same of an endpoint of IPv6, 18 bytes at an offset: of its network of 64 bits. */
  addFirstV6(source: Uint8Array, at: number): boolean {
    const { slots, stamp } = this;
    const slot = this.findFirstV6(source, at);
    if (slots[slot] === stamp) return false;
    slots[slot] = stamp;
    slots[slot + 1] = hashOf(source, at, V6_NETWORK);
    slots[slot + 2] = FIRST | NO_PORT;
    slots[slot + 3] = at;
    this.sources[slot / SLOT] = source;
    return true;
  }

  /** Whether this endpoint of IPv4 is the first of its address. */
  isFirstV4(address: number, port: number): boolean {
    const slot = this.findFirstV4(address);
    return this.slots[slot] === this.stamp && this.slots[slot + 2] === (FIRST | port);
  }

  /** Whether this endpoint of IPv6 is the first of its network. */
  isFirstV6(source: Uint8Array, at: number, length: number): boolean {
    const slot = this.findFirstV6(source, at);
    const known = this.sources[slot / SLOT];
    if (this.slots[slot] !== this.stamp || known === undefined) return false;
    return isSameRange(known, this.slots[slot + 3] as number, source, at, length);
  }

  /** The slot of the first endpoint of an address, or the free one where it would be. */
  private findFirstV4(address: number): number {
    const { slots, stamp } = this;
    let slot = this.firstSlot(address, FIRST);
    while (
      slots[slot] === stamp &&
      (slots[slot + 1] !== address || ((slots[slot + 2] as number) & ~0xffff) !== FIRST)
    ) {
      slot = (slot + SLOT) & (slots.length - 1);
    }
    return slot;
  }

  private findFirstV6(source: Uint8Array, at: number): number {
    const { slots, stamp } = this;
    const hash = hashOf(source, at, V6_NETWORK);
    let slot = this.firstSlot(hash, FIRST | NO_PORT);
    for (; slots[slot] === stamp; slot = (slot + SLOT) & (slots.length - 1)) {
      if (slots[slot + 1] !== hash || slots[slot + 2] !== (FIRST | NO_PORT)) continue;
      const known = this.sources[slot / SLOT];
      if (known !== undefined && isSameRange(known, slots[slot + 3] as number, source, at, V6_NETWORK)) break;
    }
    return slot;
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
