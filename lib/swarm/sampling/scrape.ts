import type { Random } from '../../environment.js';
import type { Log } from '../../log.js';
import type { Store } from '../../store/store.js';
import { addCounts, countPeers, NO_PEERS, type PeerCounts } from '../shard/counts.js';
import { SAMPLE_SHARDS } from './neighbours.js';
import { birthDepth, childOf, coverage, infohashKey } from '../shard/placement.js';
import type { Source } from './selection.js';
import { ShardReader } from './shard-reader.js';
import { fewestShards, readSample } from './shard-sample.js';
import type { Shard } from '../shard/shard.js';

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
 * Counts a swarm and its downloads, as the store has them now. The peers are counted exactly up to 16 shards, and
 * estimated from 16 random ones beyond. A level of shards, or most of the sample, is read at once.
 * @param deadline records last seen then or before are expired, seconds since the epoch
 * @throws StoreError if the store cannot be read
 */
export async function scrapeSwarm(
  context: ScrapeContext,
  infohash: Uint8Array,
  deadline: number,
): Promise<SwarmReport> {
  const key = infohashKey(infohash);
  const [counts, downloads] = await Promise.all([
    countSwarm(context, key, deadline),
    context.store.count(key),
  ]);
  return { counts, downloads };
}

async function countSwarm(context: ScrapeContext, infohash: string, deadline: number): Promise<PeerCounts> {
  for (let attempt = 1; ; attempt++) {
    const reader = new ShardReader(context, infohash);
    const counts = await countShards(reader, context.random, deadline);
    if (!reader.isOutdated || attempt === MOST_ATTEMPTS) return counts;
  }
}

/** A purge that folds a large swarm may come between more than once. */
const MOST_ATTEMPTS = 3;

async function countShards(reader: ShardReader, random: Random, deadline: number): Promise<PeerCounts> {
  const root = await reader.read(0);
  if (root === undefined) return NO_PEERS;
  const isShallow = root.header.depth <= DEPTH_OF_SAMPLE;
  if (isShallow) {
    const all = await readAll(reader, root);
    if (all !== undefined) return sum(all, deadline);
  }
  const sample = await readSample(reader, root.header.depth, SAMPLE_SHARDS, random);
  const mayBeFew = !isShallow && fewestShards([{ n: 0, shard: root }, ...sample]) <= SAMPLE_SHARDS;
  const all = mayBeFew ? await readAll(reader, root) : undefined;
  return all === undefined ? estimate(sample, deadline) : sum(all, deadline);
}

/**
 * The depth of a swarm of as many shards as are read at most. Hashes spread evenly, so where shard 0 is deeper the swarm most likely has more of them, and
 * to go through those that were split off from it would be reads in vain: a sample is taken first, which shows whether it has.
 */
const DEPTH_OF_SAMPLE = Math.log2(SAMPLE_SHARDS);

function sum(all: readonly Source[], deadline: number): PeerCounts {
  let counts = NO_PEERS;
  for (const { n, shard } of all) counts = addCounts(counts, countPeers(n, shard, deadline));
  return counts;
}

/** Each shard of the sample is as likely as its share of the swarm, so its count divided by its share is right on average. */
function estimate(sample: readonly Source[], deadline: number): PeerCounts {
  const scaled = { seeders: 0, leechers: 0, partialSeeds: 0 };
  for (const { n, shard } of sample) {
    const counts = countPeers(n, shard, deadline);
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

/** Every shard of the swarm, level by level: a shard's depth says which children it has. Undefined if they are too many. */
async function readAll(reader: ShardReader, root: Shard): Promise<Source[] | undefined> {
  const found: Source[] = [{ n: 0, shard: root }];
  let level = found;
  while (level.length > 0) {
    const children = level.flatMap(childrenOf);
    if (found.length + children.length > SAMPLE_SHARDS) return undefined;
    const shards = await Promise.all(children.map((n) => reader.read(n)));
    level = [];
    for (const [i, n] of children.entries()) {
      const shard = shards[i];
      if (shard === undefined) continue;
      if (shard.header.forwarding) reader.isOutdated = true;
      level.push({ n, shard });
    }
    found.push(...level);
  }
  return found;
}

/** The shards that were split off from this one. */
function childrenOf({ n, shard }: Source): number[] {
  const children: number[] = [];
  for (let depth = birthDepth(n); depth < shard.header.depth; depth++) children.push(childOf(n, depth));
  return children;
}
