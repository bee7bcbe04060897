import type { BatchFigures, UdpFigures } from './front-figures.js';

/**
 * What anybody may know of a tracker: /stats.json is this, and the page shows it. Dates are ISO
 * 8601.
 */
export interface Stats extends Figures {
  /** The URLs to put into a torrent, as they are for who asks. */
  readonly announceUrls: readonly string[];
}

/** The same for whoever asks. */
export interface Figures {
  readonly version: string;
  /** When these figures were put together. */
  readonly at: string;
  /** Whether announces can be answered. */
  readonly isStoreReachable: boolean;
  /** What the last purge has counted; null before the first one, absent where no store is seen. */
  readonly totals?: Totals | null;
  /** What this process has served; null where no one process serves all. */
  readonly served: Served | null;
  /** What came in over UDP since the start; null without UDP. */
  readonly udp: UdpShown | null;
  /** Runs of OpenWhisk since the start; null where no front asks for them. */
  readonly runs: BatchFigures | null;
  /** Largest first; null unless the operator shows them. */
  readonly largestSwarms: readonly StatsSwarm[] | null;
}

/** JSON has no undefined. */
export type UdpShown = Omit<UdpFigures, 'overflowed'> & { readonly overflowed: number | null };

/** All swarms that are stored, as they were when a purge came by; but see `completed`. */
export interface Totals {
  readonly countedAt: string;
  readonly ageSeconds: number;
  readonly torrents: number;
  readonly peers: number;
  readonly seeders: number;
  /** Peers that still want something, partial seeds among them. */
  readonly leechers: number;
  /**
   * Completed downloads of the torrents that are stored: those that the purge has counted, and
   * those that this process has counted since. Null if the purge was that of an older version.
   */
  readonly completed: number | null;
}

export interface Served {
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly lastMinute: Requests;
  readonly lastHour: Requests;
  readonly sinceStart: Requests;
  /** Downloads that were completed since the start. */
  readonly completed: number;
  /** Announces of the last day. */
  readonly day: {
    readonly slotSeconds: number;
    /** By slot, oldest first; the last slot has begun and is not over. */
    readonly announces: readonly number[];
  };
}

export interface Requests {
  readonly announces: number;
  readonly scrapes: number;
}

export interface StatsSwarm {
  /** Hex. */
  readonly infohash: string;
  readonly peers: number;
}
