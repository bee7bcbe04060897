import type { Random } from '../../environment.js';
import { birthDepth, candidateShards, childOf, shardAt } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import type { ShardReader } from './shard-reader.js';

/**
 * Hashes looked up first, to find out how deep the swarm is. One alone may end at one of few deep
 * shards, and tell nothing of the others.
 */
const FIRST_HASHES = 2;

/**
 * The shards of some random hashes; one may come up twice, and then counts twice. A hash is left
 * out if the shard that is responsible for it is not found.
 *
 * Shard 0 may be much deeper than the others, as peer ids made for it split it as deep as it goes.
 * So two of the hashes go first, from its depth on. The others begin at the least depth of the
 * three, and all are looked up at once.
 * @param depth of shard 0
 */
export async function readSample(
  reader: ShardReader,
  depth: number,
  size: number,
  random: Random,
): Promise<Shard[]> {
  const hashes = Array.from({ length: size }, () => Math.floor(random() * 2 ** 32));
  const first = await findAll(reader, hashes.slice(0, FIRST_HASHES), depth);
  const guess = Math.min(depth, ...first.map(({ header }) => header.depth));
  return [...first, ...(await findAll(reader, hashes.slice(FIRST_HASHES), guess))];
}

/** How many shards a swarm with these has at least: each split on the way to one made another. */
export function minShards(shards: readonly Shard[]): number {
  const known = new Set([0]);
  for (const { number, header } of shards) {
    for (let depth = 0; depth < header.depth; depth++) known.add(childOf(shardAt(number, depth), depth));
  }
  return known.size;
}

async function findAll(reader: ShardReader, hashes: readonly number[], guess: number): Promise<Shard[]> {
  const shards = await Promise.all(hashes.map((hash) => find(reader, hash, guess)));
  return shards.filter((shard) => shard !== undefined);
}

/**
 * The shard that is responsible for a hash. Of the candidates those down to it are there, and those
 * below it are missing, or forward. So the search goes from the guess towards it in growing steps
 * until it has gone past, then by halves.
 */
async function find(reader: ShardReader, hash: number, guess: number): Promise<Shard | undefined> {
  const candidates = candidateShards(hash);
  /** The last one that is known to be there, and to have split. */
  let low = -1;
  /** The first one that is known not to be there. */
  let high = candidates.length;
  let at = candidates.findLastIndex((number) => birthDepth(number) <= guess);
  for (let step = 1; low < high - 1; step *= 2) {
    const number = candidates[at];
    if (number === undefined) break;
    const shard = await reader.read(number);
    if (shard === undefined || shard.header.forwarding) high = at;
    else if (shardAt(hash, shard.header.depth) === number) return shard;
    else low = at;
    if (high === candidates.length) at = Math.min(low + step, high - 1);
    else if (low < 0) at = Math.max(high - step, 0);
    else at = (low + high) >>> 1;
  }
  const below = candidates[high];
  if (below !== undefined && (await reader.read(below))?.header.forwarding === true) reader.isOutdated = true;
  return undefined;
}
