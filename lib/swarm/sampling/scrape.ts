import type { Random } from '../../environment.js';
import type { Log } from '../../log.js';
import type { Store } from '../../store/store.js';
import { addCounts, countPeers, NO_PEERS, type PeerCounts } from '../shard/counts.js';
import { birthDepth, childOf, coverage, infohashKey } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import { SAMPLE_SHARDS } from './neighbours.js';
import { ShardReader } from './shard-reader.js';
import { minShards, readSample } from './shard-sample.js';

/** A purge that merges the shards of a large swarm may come between more than once. */
const MAX_ATTEMPTS = 3;
/**
 * The depth of a swarm of SAMPLE_SHARDS shards. Hashes spread evenly, so where shard 0 is deeper
 * the swarm most likely has more of them, and to read its children would be in vain: a sample is
 * taken first, which shows whether it has.
 */
const SAMPLE_DEPTH = Math.log2(SAMPLE_SHARDS);

export interface ScrapeContext {
  readonly store: Store;
  readonly random: Random;
  readonly log: Log;
}

export interface SwarmReport {
  readonly counts: PeerCounts;
  /** Completed downloads since the swarm was first seen. */
  readonly downloads: number;
}

/**
 * Counts a swarm and its downloads, as the store has them now. The peers are counted exactly up to
 * 16 shards, and estimated from 16 random ones beyond. A level of shards, or most of the sample, is
 * read at once.
 * @param expiryCutoff records last seen then or before are expired, seconds since the epoch
 * @throws StoreError if the store cannot be read
 */
export async function scrapeSwarm(
  context: ScrapeContext,
  infohash: Uint8Array,
  expiryCutoff: number,
): Promise<SwarmReport> {
  const key = infohashKey(infohash);
  const [counts, downloads] = await Promise.all([
    countSwarm(context, key, expiryCutoff),
    context.store.count(key),
  ]);
  return { counts, downloads };
}

async function countSwarm(
  context: ScrapeContext,
  infohash: string,
  expiryCutoff: number,
): Promise<PeerCounts> {
  for (let attempt = 1; ; attempt++) {
    const reader = new ShardReader(context, infohash);
    const counts = await countShards(reader, context.random, expiryCutoff);
    if (!reader.isOutdated || attempt === MAX_ATTEMPTS) return counts;
  }
}

async function countShards(reader: ShardReader, random: Random, expiryCutoff: number): Promise<PeerCounts> {
  const root = await reader.read(0);
  if (root === undefined) return NO_PEERS;
  const isShallow = root.header.depth <= SAMPLE_DEPTH;
  if (isShallow) {
    const all = await readAll(reader, root);
    if (all !== undefined) return sum(all, expiryCutoff);
  }
  const sample = await readSample(reader, root.header.depth, SAMPLE_SHARDS, random);
  const mayBeFew = !isShallow && minShards([root, ...sample]) <= SAMPLE_SHARDS;
  const all = mayBeFew ? await readAll(reader, root) : undefined;
  return all === undefined ? estimate(sample, expiryCutoff) : sum(all, expiryCutoff);
}

function sum(all: readonly Shard[], expiryCutoff: number): PeerCounts {
  let counts = NO_PEERS;
  for (const shard of all) counts = addCounts(counts, countPeers(shard, expiryCutoff));
  return counts;
}

/**
 * Each shard of the sample is as likely as its share of the swarm, so its count divided by that
 * share is right on average.
 */
function estimate(sample: readonly Shard[], expiryCutoff: number): PeerCounts {
  const scaled = { seeders: 0, leechers: 0, partialSeeds: 0 };
  for (const shard of sample) {
    const counts = countPeers(shard, expiryCutoff);
    const share = coverage(shard.header.depth) * sample.length;
    scaled.seeders += counts.seeders / share;
    scaled.leechers += counts.leechers / share;
    scaled.partialSeeds += counts.partialSeeds / share;
  }
  return {
    seeders: Math.round(scaled.seeders),
    leechers: Math.round(scaled.leechers),
    partialSeeds: Math.round(scaled.partialSeeds),
  };
}

/** Every shard of the swarm, level by level: depths say who has children. Undefined: too many. */
async function readAll(reader: ShardReader, root: Shard): Promise<Shard[] | undefined> {
  const found: Shard[] = [root];
  let level = found;
  while (level.length > 0) {
    const children = level.flatMap(childrenOf);
    if (found.length + children.length > SAMPLE_SHARDS) return undefined;
    level = [];
    for (const shard of await Promise.all(children.map((number) => reader.read(number)))) {
      if (shard === undefined) continue;
      if (shard.header.forwarding) reader.isOutdated = true;
      level.push(shard);
    }
    found.push(...level);
  }
  return found;
}

/** The numbers of the shards that were split off from this one. */
function childrenOf({ number, header }: Shard): number[] {
  const children: number[] = [];
  for (let depth = birthDepth(number); depth < header.depth; depth++) children.push(childOf(number, depth));
  return children;
}
