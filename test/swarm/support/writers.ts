import { type ShardOperation } from '../../../lib/swarm/operations/operation.js';
import { V4 } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId } from '../../../lib/swarm/shard/placement.js';
import { type ShardHeader } from '../../../lib/swarm/shard/header.js';
import { ShardWriter } from '../../../lib/swarm/cache/shard-writer.js';
import { ShardCache } from '../../../lib/swarm/cache/shard-cache.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { recordOf } from './peers.js';
import { KEY, SwarmHarness } from './swarm-harness.js';

/** Puts a numbered peer's record, seen now, into a shard. */
export function put(
  harness: SwarmHarness,
  number: number,
  changes: Partial<ShardOperation> = {},
): ShardOperation {
  const record = recordOf(number, { seen: harness.milliseconds / 1000 });
  return {
    hash: hashPeerId(record),
    needsFreshRead: () => false,
    apply: (shard) => shard.with(V4, record),
    isAppliedIn: (shard) => shard.find(V4, record).found,
    ...changes,
  };
}

/** A writer of a cache of its own, as another process would have it. */
export function writerOf(harness: SwarmHarness, n = 0): ShardWriter {
  return new ShardCache(harness.context, 1e9).writer(KEY, n);
}

/** Numbers of the peers that are stored under a key, in the order of their records. */
export async function storedNumbers(harness: SwarmHarness, key = KEY): Promise<number[]> {
  const shards = await harness.shardsAt(key);
  return shards.flatMap(recordsOf).map((record) => record.readUInt32BE(16));
}

/** Stores a shard with these numbered peers. */
export async function store(
  harness: SwarmHarness,
  key: string,
  header: ShardHeader,
  numbers: readonly number[] = [],
): Promise<void> {
  const list = numbers.map((number) => recordOf(number, { seen: harness.milliseconds / 1000 }));
  await harness.overwrite(key, Buffer.from(shardOf(list, header).seal()));
}
