import type { PeerCounts } from '../swarm/shard/counts.js';

/** Swarms that a report names, the largest ones. */
const MAX_LARGEST = 20;

/** What a purge found and did. Plain data: it is stored, and goes from one slice to the next. */
export interface PurgeSummary {
  /** Swarms with live peers. */
  swarms: number;
  /** Live peers, by peer id. */
  peers: number;
  seeders: number;
  leechers: number;
  partialSeeds: number;
  /** Completed downloads of the swarms that are stored, those without live peers among them. */
  downloads: number;
  /** Stored shards that were looked at. */
  shards: number;
  /** Records that had expired and are gone. */
  recordsDropped: number;
  /** Stored shards that are gone. */
  shardsRemoved: number;
  /** Shards that were merged into their parents. */
  shardsMerged: number;
  /** Swarms that could not be cleaned; the log says why. */
  failures: number;
  /** The largest swarms, largest first. */
  largest: LargeSwarm[];
}

export interface LargeSwarm {
  /** Hex. */
  infohash: string;
  peers: number;
}

export function emptySummary(): PurgeSummary {
  return {
    swarms: 0,
    peers: 0,
    seeders: 0,
    leechers: 0,
    partialSeeds: 0,
    downloads: 0,
    shards: 0,
    recordsDropped: 0,
    shardsRemoved: 0,
    shardsMerged: 0,
    failures: 0,
    largest: [],
  };
}

/** Adds a swarm's counts to a summary. */
export function addSwarm(summary: PurgeSummary, infohash: string, counts: PeerCounts): void {
  const peers = counts.seeders + counts.leechers + counts.partialSeeds;
  if (peers === 0) return;
  summary.swarms++;
  summary.peers += peers;
  summary.seeders += counts.seeders;
  summary.leechers += counts.leechers;
  summary.partialSeeds += counts.partialSeeds;
  const { largest } = summary;
  if (largest.length === MAX_LARGEST && peers <= (largest.at(-1)?.peers ?? 0)) return;
  const at = largest.findIndex((other) => other.peers < peers);
  largest.splice(at < 0 ? largest.length : at, 0, { infohash, peers });
  largest.length = Math.min(largest.length, MAX_LARGEST);
}
