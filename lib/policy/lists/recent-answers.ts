import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';
import { compareAt } from './infohashes.js';

/**
 * What a list said of infohashes that were looked up a short time ago: most announces are for a few
 * swarms. One place is looked at, of a table that is much smaller than a long list.
 */
export class RecentAnswers {
  /** In each slot an infohash, and the answer. */
  private readonly slots = new Uint8Array(SLOTS * SLOT_BYTES);

  /** Undefined if it is not remembered. @param infohash 20 bytes */
  get(infohash: Uint8Array): boolean | undefined {
    const at = slotOf(infohash);
    const answer = this.slots[at + INFOHASH_LENGTH];
    if (answer === NONE || compareAt(this.slots, at, infohash, 0) !== 0) return undefined;
    return answer === LISTED;
  }

  /** @param infohash 20 bytes */
  set(infohash: Uint8Array, isListed: boolean): void {
    const at = slotOf(infohash);
    this.slots.set(infohash, at);
    this.slots[at + INFOHASH_LENGTH] = isListed ? LISTED : NOT_LISTED;
  }
}

/** By the last bytes: those of a part begin alike. */
function slotOf(infohash: Uint8Array): number {
  return (((infohash[18] as number) << 8) | (infohash[19] as number)) * SLOT_BYTES;
}

const NONE = 0;
const NOT_LISTED = 1;
const LISTED = 2;
/** One for each value of the last two bytes: 2 MB, of which what is used is there. */
const SLOTS = 65_536;
const SLOT_BYTES = 32;
