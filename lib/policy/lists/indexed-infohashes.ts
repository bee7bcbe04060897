import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import { compareAt } from './infohashes.js';

/**
 * Sorted infohashes that each announce is looked up in. Most of a long list is in no cache of the
 * processor, so what a look-up costs is how many places of it are looked at. An index by the first
 * bits, of half a byte an infohash, leaves one: some eight infohashes that lie side by side.
 */
export class IndexedInfohashes {
  /** Of each value of the indexed bits the number of its first infohash; then how many there are. */
  private readonly starts: Uint32Array;
  private readonly indexBits: number;

  /**
   * @param hashes 20 bytes each, ascending, each once; not changed any more
   * @param commonBits how many leading bits all of them share, 0 to 12
   */
  constructor(
    readonly hashes: Uint8Array,
    private readonly commonBits = 0,
  ) {
    const count = hashes.length / INFOHASH_LENGTH;
    let bits = 1;
    while (bits < MAX_INDEX_BITS && count / 2 ** bits > ENTRIES) bits += 1;
    this.indexBits = bits;
    this.starts = new Uint32Array(2 ** bits + 1);
    let filled = 0;
    for (let number = 0; number < count; number++) {
      const place = this.placeOf(hashes, number * INFOHASH_LENGTH);
      while (filled < place) this.starts[++filled] = number;
    }
    this.starts.fill(count, filled + 1);
  }

  get count(): number {
    return this.hashes.length / INFOHASH_LENGTH;
  }

  /** @param infohash 20 bytes that begin with the common bits */
  has(infohash: Uint8Array): boolean {
    const { hashes, starts } = this;
    const place = this.placeOf(infohash, 0);
    let from = starts[place] as number;
    let to = starts[place + 1] as number;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = compareAt(hashes, middle * INFOHASH_LENGTH, infohash, 0);
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  }

  /** The value of the indexed bits, those that follow the common ones. */
  private placeOf(hashes: Uint8Array, at: number): number {
    const head =
      ((hashes[at] as number) << 24) |
      ((hashes[at + 1] as number) << 16) |
      ((hashes[at + 2] as number) << 8) |
      (hashes[at + 3] as number);
    return (head << this.commonBits) >>> (32 - this.indexBits);
  }
}

/** Infohashes for each place of the index. */
const ENTRIES = 8;
/** With the common ones fewer than the 32 that are looked at. */
const MAX_INDEX_BITS = 20;
