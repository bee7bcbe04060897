import { compareRange } from './bytes.js';
import { isLive } from './filter.js';
import { flagsOf, PARTIAL_SEED, PEER_ID_LENGTH, SEEDER, V4, V6, type RecordLayout } from './peer-record.js';
import { ownsRecord, type Shard } from './shard.js';

/** Peers by what they have. `leechers` are those still downloading; partial seeds (BEP 21) are in `partialSeeds` only. */
export interface PeerCounts {
  readonly seeders: number;
  readonly leechers: number;
  readonly partialSeeds: number;
}

export const NO_PEERS: PeerCounts = { seeders: 0, leechers: 0, partialSeeds: 0 };

/**
 * Counts the live peers that shard n is responsible for, by peer id: a peer with several addresses is one peer, a seeder if one of its
 * records is, else downloading if one of its records is.
 * @param deadline records last seen then or before are expired, seconds since the epoch
 */
export function countPeers(n: number, shard: Shard, deadline: number): PeerCounts {
  const tally: Record<State, number> = { 0: 0, 1: 0, 2: 0 };
  const { bytes } = shard;
  const v4End = shard.end(V4);
  const v6End = shard.end(V6);
  let v4At = shard.start(V4);
  let v6At = shard.start(V6);
  while (v4At < v4End || v6At < v6End) {
    const order =
      v4At === v4End ? 1 : v6At === v6End ? -1 : compareRange(bytes, v4At, bytes, v6At, PEER_ID_LENGTH);
    const idAt = order <= 0 ? v4At : v6At;
    let best: State | typeof ABSENT = ABSENT;
    if (order <= 0) {
      const next = endOfPeer(bytes, v4At, v4End, V4);
      best = bestOf(bytes, v4At, next, V4, deadline, best);
      v4At = next;
    }
    if (order >= 0) {
      const next = endOfPeer(bytes, v6At, v6End, V6);
      best = bestOf(bytes, v6At, next, V6, deadline, best);
      v6At = next;
    }
    if (best !== ABSENT && (!shard.header.strays || ownsRecord(shard.header, n, bytes, idAt))) tally[best]++;
  }
  return { partialSeeds: tally[0], leechers: tally[1], seeders: tally[2] };
}

/** Counts of a whole swarm from those of some of its shards, which together cover this share of it (0 to 1; 1: exact). */
export function extrapolate(counts: PeerCounts, covered: number): PeerCounts {
  if (covered >= 1 || covered <= 0) return counts;
  return {
    seeders: Math.round(counts.seeders / covered),
    leechers: Math.round(counts.leechers / covered),
    partialSeeds: Math.round(counts.partialSeeds / covered),
  };
}

export function addCounts(a: PeerCounts, b: PeerCounts): PeerCounts {
  return {
    seeders: a.seeders + b.seeders,
    leechers: a.leechers + b.leechers,
    partialSeeds: a.partialSeeds + b.partialSeeds,
  };
}

type State = 0 | 1 | 2;
const ABSENT = -1;

/** The end of the run of records that have the peer id of the record at `at`. */
function endOfPeer(bytes: Uint8Array, at: number, end: number, layout: RecordLayout): number {
  let next = at + layout.size;
  while (next < end && compareRange(bytes, at, bytes, next, PEER_ID_LENGTH) === 0) next += layout.size;
  return next;
}

function bestOf(
  bytes: Uint8Array,
  from: number,
  to: number,
  layout: RecordLayout,
  deadline: number,
  best: State | typeof ABSENT,
): State | typeof ABSENT {
  for (let at = from; at < to; at += layout.size) {
    if (!isLive(bytes, at, layout, deadline)) continue;
    const flags = flagsOf(bytes, at, layout);
    const state: State = (flags & SEEDER) !== 0 ? 2 : (flags & PARTIAL_SEED) !== 0 ? 0 : 1;
    if (state > best) best = state;
  }
  return best;
}
