import type { Random } from '../../environment.js';
import { birthDepth, childOf, lineOf, shardAt } from '../shard/placement.js';
import type { ShardReader } from './shard-reader.js';
import type { Source } from './selection.js';

/** So many hashes show how deep a swarm is: one alone may end at one of few deep shards, and tell nothing about the others. */
const PIONEERS = 2;

/**
 * The shards of some random hashes; one may come up twice, and then counts twice. A hash is left out if the shard that is responsible for it
 * is not found.
 *
 * Shard 0 may be much deeper than the others, as peer ids made for it split it as deep as it goes. So two of the hashes go first, from its depth on; the
 * others begin at the least deep of the three, and all are looked for at once.
 * @param depth of shard 0
 */
export async function readSample(
  reader: ShardReader,
  depth: number,
  size: number,
  random: Random,
): Promise<Source[]> {
  const hashes = Array.from({ length: size }, () => Math.floor(random() * 2 ** 32));
  const first = await findAll(reader, hashes.slice(0, PIONEERS), depth);
  const guess = Math.min(depth, ...first.map(({ shard }) => shard.header.depth));
  return [...first, ...(await findAll(reader, hashes.slice(PIONEERS), guess))];
}

/** How many shards a swarm has at least if it has these: each split on the way to one of them made another. */
export function fewestShards(sources: readonly Source[]): number {
  const known = new Set([0]);
  for (const { n, shard } of sources) {
    for (let depth = 0; depth < shard.header.depth; depth++) known.add(childOf(shardAt(n, depth), depth));
  }
  return known.size;
}

async function findAll(reader: ShardReader, hashes: readonly number[], guess: number): Promise<Source[]> {
  const sources = await Promise.all(hashes.map((hash) => find(reader, hash, guess)));
  return sources.filter((source) => source !== undefined);
}

/**
 * The shard that is responsible for a hash. Of the shards that may be, those down to it are there, and those below it are not, or forward. So
 * the search goes from the guess towards it in steps that become longer, until it has gone past, and halves what is left then.
 */
async function find(reader: ShardReader, hash: number, guess: number): Promise<Source | undefined> {
  const line = lineOf(hash);
  /** The last one that is known to be there, and to have split. */
  let low = -1;
  /** The first one that is known not to be there. */
  let high = line.length;
  let at = line.findLastIndex((n) => birthDepth(n) <= guess);
  for (let step = 1; low < high - 1; step *= 2) {
    const n = line[at];
    if (n === undefined) break;
    const shard = await reader.read(n);
    if (shard === undefined || shard.header.forwarding) high = at;
    else if (shardAt(hash, shard.header.depth) === n) return { n, shard };
    else low = at;
    if (high === line.length) at = Math.min(low + step, high - 1);
    else if (low < 0) at = Math.max(high - step, 0);
    else at = (low + high) >>> 1;
  }
  const below = line[high];
  if (below !== undefined && (await reader.read(below))?.header.forwarding === true) reader.isOutdated = true;
  return undefined;
}
