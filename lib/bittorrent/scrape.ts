import type { Front } from './announce.js';

/** A scrape (BEP 48, BEP 15), whatever protocol it came by. */
export interface ScrapeRequest {
  readonly front: Front;
  /** The client's address, 4 or 16 bytes, as whoever received the request has decided it. */
  readonly from: Uint8Array;
  /** As in an announce. */
  readonly passkey: string | undefined;
  /** 20 bytes each. The tracker answers the first ones, up to its limit. */
  readonly infohashes: readonly Uint8Array[];
}

export interface ScrapeReply {
  /** In the order of the request. What the policy refuses is left out. */
  readonly swarms: readonly ScrapedSwarm[];
  /** Seconds before which the client must not scrape again. */
  readonly minRequestInterval: number;
}

/** The counts of one torrent; all zeros for one that is unknown. */
export interface ScrapedSwarm {
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  /** Seeders. */
  readonly complete: number;
  /** Completed downloads so far. */
  readonly downloaded: number;
  /** Leechers, partial seeds among them. */
  readonly incomplete: number;
  /** Leechers that still download: `incomplete` less the partial seeds (BEP 21). */
  readonly downloaders: number;
}
