/**
 * What anybody may know of a tracker: /stats.json is this, and the page shows it. Dates are ISO
 * 8601.
 */
export interface Stats {
  readonly version: string;
  /** When these figures were put together. */
  readonly at: string;
  /** The URLs to put into a torrent. */
  readonly announceUrls: readonly string[];
  /** Whether announces can be answered. */
  readonly isStoreReachable: boolean;
  /** What the last purge has counted; null before the first one. */
  readonly totals: Totals | null;
  /** What this process has served; null where no one process serves all. */
  readonly served: Served | null;
  /** Largest first; null unless the operator shows them. */
  readonly largestSwarms: readonly StatsSwarm[] | null;
}

/** All swarms that are stored, as they were when a purge came by. */
export interface Totals {
  readonly countedAt: string;
  readonly ageSeconds: number;
  readonly torrents: number;
  readonly peers: number;
  readonly seeders: number;
  /** Peers that still want something, partial seeds among them. */
  readonly leechers: number;
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
