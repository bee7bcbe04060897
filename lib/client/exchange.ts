/** What a client asks and gets, whatever the protocol. */
import type { AnnounceEvent } from '../bittorrent/announce.js';

/** An announce (BEP 3, 15). Infohash and peer id have 20 bytes, sizes are in bytes. */
export interface ClientAnnounce {
  readonly infohash: Uint8Array;
  readonly peerId: Uint8Array;
  /** Where this client takes connections. */
  readonly port: number;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  readonly event: AnnounceEvent;
  /** Peers wanted; undefined leaves it to the tracker. */
  readonly numwant: number | undefined;
}

/** What a tracker says to an announce. A count that it does not tell is undefined. */
export interface AnnounceAnswer {
  /** Seconds until the next announce. */
  readonly interval: number;
  readonly minInterval: number | undefined;
  readonly seeders: number | undefined;
  readonly leechers: number | undefined;
  readonly downloads: number | undefined;
  /** `address:port`, IPv6 in brackets; a host name where a tracker gives one. */
  readonly peers: readonly string[];
  /** The address that the tracker sees (BEP 24). */
  readonly externalAddress: string | undefined;
  /** The tracker's own text. */
  readonly warning: string | undefined;
}

/** The counts of one torrent (BEP 15, 48). */
export interface ScrapedCounts {
  readonly seeders: number;
  readonly leechers: number;
  readonly downloads: number;
}

/** Counts in the order of the infohashes; undefined for one that the tracker left out. */
export type ScrapeAnswer = readonly (ScrapedCounts | undefined)[];

export interface AskOptions {
  /** Milliseconds for the whole exchange, retransmissions and redirections among them. */
  readonly timeoutMs: number;
  /** Only addresses of this family; 0: both. */
  readonly family: 0 | 4 | 6;
}
