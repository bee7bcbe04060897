import type { Random } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { addCounts, countPeers, extrapolate, NO_PEERS, type PeerCounts } from './counts.js';
import { decodeValues } from './decode.js';
import { covered, SAMPLE_SHARDS } from './neighbours.js';
import { birthDepth, childOf, infohashKey, parentOf, shardAt, shardKey } from './placement.js';
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
  const all = await readAll(reader, root);
  const sources = all ?? (await readSample(reader, root.header.depth, context.random));
  let counts = NO_PEERS;
  for (const { n, shard } of sources) counts = addCounts(counts, countPeers(n, shard, deadline));
  return all === undefined ? extrapolate(counts, covered(sources)) : counts;
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

/** Different shards, each as likely as its share of the swarm. */
async function readSample(reader: ShardReader, depth: number, random: Random): Promise<Source[]> {
  const sample = new Map<number, Source>();
  for (let round = 0; round < 4 && sample.size < SAMPLE_SHARDS; round++) {
    const missing = Array.from({ length: SAMPLE_SHARDS - sample.size }, () => Math.floor(random() * 2 ** 32));
    for (const source of await Promise.all(missing.map((hash) => find(reader, hash, depth)))) {
      if (source !== undefined) sample.set(source.n, source);
    }
  }
  return [...sample.values()];
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
