import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import { compareAt, includesInfohash } from './infohashes.js';

/**
 * Infohashes that each announce is looked up in. Most of a long list is in no cache of the
 * processor, so what a look-up costs is how many places of it are looked at: here about one.
 *
 * They lie in ascending order in more slots than there are infohashes, each where its first bits say
 * or, if that is taken, as soon as possible after it. Invariant: a slot that is left has a copy of
 * the infohash that follows, so that all slots ascend, and an infohash is not before its own place.
 */
export class SpreadInfohashes {
  private readonly slots: Uint8Array;
  /** Slots that first bits name; a few more may follow. */
  private readonly places: number;

  /**
   * @param hashes 20 bytes each, ascending, each once
   * @param commonBits how many leading bits all of them share, 0 to 12
   */
  constructor(
    hashes: Uint8Array,
    private readonly commonBits = 0,
  ) {
    this.count = hashes.length / INFOHASH_LENGTH;
    this.places = Math.ceil(this.count / FILLED);
    let slots = 0;
    for (let at = 0; at < hashes.length; at += INFOHASH_LENGTH) slots = this.slotFor(hashes, at, slots) + 1;
    this.slots = new Uint8Array(slots * INFOHASH_LENGTH);
    let next = 0;
    for (let at = 0; at < hashes.length; at += INFOHASH_LENGTH) {
      const slot = this.slotFor(hashes, at, next);
      for (; next <= slot; next++) this.fill(next, hashes, at);
    }
  }

  /** How many there are. */
  readonly count: number;

  /** @param infohash 20 bytes that begin with the common bits */
  has(infohash: Uint8Array): boolean {
    const { slots } = this;
    const first = this.placeOf(infohash, 0) * INFOHASH_LENGTH;
    const end = Math.min(first + LOOKS * INFOHASH_LENGTH, slots.length);
    for (let at = first; at < end; at += INFOHASH_LENGTH) {
      const order = compareAt(slots, at, infohash, 0);
      if (order >= 0) return order === 0;
    }
    // Many have the same first bits.
    return includesInfohash(slots.subarray(end), infohash);
  }

  private fill(slot: number, hashes: Uint8Array, at: number): void {
    const to = slot * INFOHASH_LENGTH;
    for (let byte = 0; byte < INFOHASH_LENGTH; byte++) this.slots[to + byte] = hashes[at + byte] as number;
  }

  private slotFor(hashes: Uint8Array, at: number, next: number): number {
    return Math.max(next, this.placeOf(hashes, at));
  }

  /** By what follows the common bits in four bytes. */
  private placeOf(hashes: Uint8Array, at: number): number {
    const head =
      ((hashes[at] as number) << 24) |
      ((hashes[at + 1] as number) << 16) |
      ((hashes[at + 2] as number) << 8) |
      (hashes[at + 3] as number);
    return Math.floor((((head << this.commonBits) >>> 0) * this.places) / 2 ** 32);
  }
}

/** The share of the slots that infohashes fill. */
const FILLED = 0.75;
/** Slots that are looked at one after the other. */
const LOOKS = 16;
