import type { AnnounceRequest } from '../bittorrent/announce.js';
import type { ScrapeRequest } from '../bittorrent/scrape.js';
import type { Verdict } from '../policy/verdict.js';

export type { Verdict } from '../policy/verdict.js';

/**
 * Which requests are served. The tracker asks before it touches the store. What a verdict throws or
 * rejects with fails the request as a failure of the store would.
 */
export interface Policy {
  announce(request: AnnounceRequest): Verdict;
  /** Asked for a scrape as a whole, before its infohashes. */
  scrapes?(request: ScrapeRequest): Verdict;
  /** Asked for each infohash of a scrape; those that are refused are left out of the reply. */
  scrape(infohash: Uint8Array, request: ScrapeRequest): Verdict;
  /**
   * Whether a purge is to forget the peers of a torrent; without this they expire. If it rejects
   * they stay.
   */
  denies?(infohash: Uint8Array): Promise<boolean>;
}

/** Serves everything. */
export const openPolicy: Policy = { announce: () => undefined, scrape: () => undefined };
