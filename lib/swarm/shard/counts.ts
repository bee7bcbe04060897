import { compareRange, isSameRange, readUint32 } from './bytes.js';
import { isLive } from './expiry.js';
import { ownsRecord } from './header.js';
import { flagsOf, PARTIAL_SEED, PEER_ID_LENGTH, SEEDER, V4, V6, type RecordLayout } from './peer-record.js';
import type { CountedPeers, PeerCounts, Shard } from './shard.js';

export type { PeerCounts } from './shard.js';

export const NO_PEERS: PeerCounts = { seeders: 0, leechers: 0, partialSeeds: 0 };
const ABSENT = -1;

type State = 0 | 1 | 2;

/**
 * Counts the live peers that belong to a shard, by peer id: a peer with several addresses is one
 * peer, a seeder if one of its records is, else a leecher if one of its records is. The shard
 * caches the counts until the next peer expires.
 * @param expiryCutoff records last seen then or before are expired, seconds since the epoch
 */
export function countPeers(shard: Shard, expiryCutoff: number): PeerCounts {
  const known = countedAt(shard, expiryCutoff);
  if (known !== undefined) return known.counts;
  const tally: Record<State, number> = { 0: 0, 1: 0, 2: 0 };
  const { bytes, header } = shard;
  const v4End = shard.end(V4);
  const v6End = shard.end(V6);
  let v4At = shard.start(V4);
  let v6At = shard.start(V6);
  while (v4At < v4End || v6At < v6End) {
    const order =
      v6At === v6End ? -1 : v4At === v4End ? 1 : compareRange(bytes, v4At, bytes, v6At, PEER_ID_LENGTH);
    const idAt = order <= 0 ? v4At : v6At;
    let best: State | typeof ABSENT = ABSENT;
    if (order <= 0) {
      const next = endOfPeer(bytes, v4At, v4End, V4);
      best = bestOf(bytes, v4At, next, V4, expiryCutoff, best);
      v4At = next;
    }
    if (order >= 0) {
      const next = endOfPeer(bytes, v6At, v6End, V6);
      best = bestOf(bytes, v6At, next, V6, expiryCutoff, best);
      v6At = next;
    }
    if (best !== ABSENT && (!header.misplaced || ownsRecord(header, bytes, idAt))) tally[best]++;
  }
  const counts = { partialSeeds: tally[0], leechers: tally[1], seeders: tally[2] };
  shard.counted = { counts, from: expiryCutoff, until: nextExpiry(shard, expiryCutoff) };
  return counts;
}

/** A shard's counts, and as what they count one of its peers. */
export interface CountedPeer {
  readonly known: CountedPeers;
  readonly was: State | typeof ABSENT;
}

/**
 * What `countChanged` needs from before a record is put in. Undefined if the counts are unknown.
 * @param record of the peer, or the identity of one
 * @param at the position of it, or where it would be
 */
export function countedPeer(
  shard: Shard,
  layout: RecordLayout,
  record: Uint8Array,
  at: number,
  expiryCutoff: number,
): CountedPeer | undefined {
  const known = countedAt(shard, expiryCutoff);
  // Of misplaced records only some count.
  if (known === undefined || shard.header.misplaced) return undefined;
  return { known, was: stateOfPeer(shard, layout, record, at, expiryCutoff) };
}

/**
 * Sets the counts of a shard in which one record has changed, from those before the change.
 * @param record as it was put in
 * @param at its position
 * @param before what `countedPeer` said of its peer before
 */
export function countChanged(
  after: Shard,
  layout: RecordLayout,
  record: Uint8Array,
  at: number,
  expiryCutoff: number,
  { known, was }: CountedPeer,
): void {
  const { counts } = known;
  const is = stateOfPeer(after, layout, record, at, expiryCutoff);
  const seen = readUint32(record, layout.seenAt);
  after.counted = {
    counts: was === is ? counts : added(added(counts, was, -1), is, 1),
    from: expiryCutoff,
    until: seen > expiryCutoff && seen < known.until ? seen : known.until,
  };
}

function countedAt({ counted }: Shard, expiryCutoff: number): CountedPeers | undefined {
  return counted !== undefined && counted.from <= expiryCutoff && expiryCutoff < counted.until
    ? counted
    : undefined;
}

/** Field by field, which is much quicker than to spread an object. */
function added(counts: PeerCounts, state: State | typeof ABSENT, by: 1 | -1): PeerCounts {
  if (state === ABSENT) return counts;
  return {
    seeders: counts.seeders + (state === 2 ? by : 0),
    leechers: counts.leechers + (state === 1 ? by : 0),
    partialSeeds: counts.partialSeeds + (state === 0 ? by : 0),
  };
}

function stateOfPeer(
  shard: Shard,
  layout: RecordLayout,
  record: Uint8Array,
  at: number,
  expiryCutoff: number,
): State | typeof ABSENT {
  const { from, to } = shard.recordsOf(layout, record, at);
  const best = bestOf(shard.bytes, from, to, layout, expiryCutoff, ABSENT);
  const other = layout === V4 ? V6 : V4;
  if (shard.countOf(other) === 0) return best;
  const others = shard.recordsOf(other, record);
  return bestOf(shard.bytes, others.from, others.to, other, expiryCutoff, best);
}

/** The first expiry cutoff at which one more record is expired. */
function nextExpiry(shard: Shard, expiryCutoff: number): number {
  if (shard.oldestSeen > expiryCutoff) return shard.oldestSeen;
  let next = Infinity;
  for (const layout of [V4, V6]) {
    next = Math.min(next, nextExpiryIn(shard, layout, shard.start(layout), shard.end(layout), expiryCutoff));
  }
  return next;
}

function nextExpiryIn(
  shard: Shard,
  layout: RecordLayout,
  from: number,
  to: number,
  expiryCutoff: number,
): number {
  let next = Infinity;
  for (let at = from; at < to; at += layout.size) {
    const seen = readUint32(shard.bytes, at + layout.seenAt);
    if (seen > expiryCutoff && seen < next) next = seen;
  }
  return next;
}

/**
 * Counts of a whole swarm from those of some of its shards.
 * @param covered the share of the swarm that these shards cover, 0 to 1; 1: exact
 */
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

export function subtractCounts(a: PeerCounts, b: PeerCounts): PeerCounts {
  return {
    seeders: a.seeders - b.seeders,
    leechers: a.leechers - b.leechers,
    partialSeeds: a.partialSeeds - b.partialSeeds,
  };
}

/** How many of these peers a reply may return: a seeder gets leechers only. */
export function returnable(
  { seeders, leechers, partialSeeds }: PeerCounts,
  downloadersOnly: boolean,
): number {
  return downloadersOnly ? leechers : seeders + leechers + partialSeeds;
}

/** The end of the run of records that have the peer id of the record at `at`. */
function endOfPeer(bytes: Uint8Array, at: number, end: number, layout: RecordLayout): number {
  let next = at + layout.size;
  while (next < end && isSameRange(bytes, at, bytes, next, PEER_ID_LENGTH)) next += layout.size;
  return next;
}

function bestOf(
  bytes: Uint8Array,
  from: number,
  to: number,
  layout: RecordLayout,
  expiryCutoff: number,
  best: State | typeof ABSENT,
): State | typeof ABSENT {
  for (let at = from; at < to; at += layout.size) {
    if (!isLive(bytes, at, layout, expiryCutoff)) continue;
    const flags = flagsOf(bytes, at, layout);
    const state: State = (flags & SEEDER) !== 0 ? 2 : (flags & PARTIAL_SEED) !== 0 ? 0 : 1;
    if (state > best) best = state;
  }
  return best;
}
