import type { Random } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { addCounts, countPeers, NO_PEERS, type PeerCounts } from './counts.js';
import { decodeValues } from './decode.js';
import { SAMPLE_SHARDS } from './neighbours.js';
import { birthDepth, childOf, coverage, infohashKey, parentOf, shardAt, shardKey } from './placement.js';
import type { Source } from './selection.js';
import type { Shard } from './shard.js';

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
 * estimated from 16 random ones beyond. A level of shards, or the sample, is read at once.
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
  const reader = new ShardReader(context, infohash);
  const root = await reader.read(0);
  if (root === undefined) return NO_PEERS;
  const all = root.header.depth > DEPTH_OF_SAMPLE ? undefined : await readAll(reader, root);
  if (all === undefined)
    return estimate(await readSample(reader, root.header.depth, context.random), deadline);
  let counts = NO_PEERS;
  for (const { n, shard } of all) counts = addCounts(counts, countPeers(n, shard, deadline));
  return counts;
}

/**
 * The depth of a swarm of as many shards as are read at most. Hashes spread evenly, so where shard 0 is deeper the swarm has more of them, and to
 * go through those that were split off from it would be reads in vain.
 */
const DEPTH_OF_SAMPLE = Math.log2(SAMPLE_SHARDS);

/** Each shard of the sample is as likely as its share of the swarm, so its count divided by its share is right on average. */
function estimate(sample: readonly Source[], deadline: number): PeerCounts {
  const sum = { seeders: 0, leechers: 0, partialSeeds: 0 };
  for (const { n, shard } of sample) {
    const counts = countPeers(n, shard, deadline);
    const share = coverage(shard.header.depth) * sample.length;
    sum.seeders += counts.seeders / share;
    sum.leechers += counts.leechers / share;
    sum.partialSeeds += counts.partialSeeds / share;
  }
  return {
    seeders: Math.round(sum.seeders),
    leechers: Math.round(sum.leechers),
    partialSeeds: Math.round(sum.partialSeeds),
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
      if (shard !== undefined) level.push({ n, shard });
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

/** The shards of some random hashes; one may come up twice, and then counts twice. */
async function readSample(reader: ShardReader, depth: number, random: Random): Promise<Source[]> {
  const hashes = Array.from({ length: SAMPLE_SHARDS }, () => Math.floor(random() * 2 ** 32));
  const sources = await Promise.all(hashes.map((hash) => find(reader, hash, depth)));
  return sources.filter((source) => source !== undefined);
}

/** The shard that is responsible for a hash, beginning at a likely depth. */
async function find(reader: ShardReader, hash: number, depth: number): Promise<Source | undefined> {
  let n = shardAt(hash, depth);
  let climbed = false;
  for (;;) {
    const shard = await reader.read(n);
    if (shard === undefined || shard.header.forwarding) {
      if (n === 0) return undefined;
      n = parentOf(n);
      climbed = true;
      continue;
    }
    const deeper = shardAt(hash, shard.header.depth);
    if (deeper === n) return { n, shard };
    if (climbed) return undefined;
    n = deeper;
  }
}

/** Reads each shard of a swarm from the store at most once. */
class ShardReader {
  private readonly reads = new Map<number, Promise<Shard | undefined>>();

  constructor(
    private readonly context: ScrapeContext,
    private readonly infohash: string,
  ) {}

  read(n: number): Promise<Shard | undefined> {
    let read = this.reads.get(n);
    if (read === undefined) {
      read = this.fetch(n);
      this.reads.set(n, read);
    }
    return read;
  }

  private async fetch(n: number): Promise<Shard | undefined> {
    const key = shardKey(this.infohash, n);
    const { values } = await this.context.store.fetch(key);
    return decodeValues(n, key, values, this.context.log);
  }
}
