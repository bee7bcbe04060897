import { newHeader } from '../../lib/swarm/shard/header.js';
import { mergeAll } from '../../lib/swarm/shard/merge.js';
import { layoutOfRecord } from '../../lib/swarm/shard/peer-record.js';
import { childOf, hashPeerId, infohashKey, shardKey } from '../../lib/swarm/shard/placement.js';
import { Shard } from '../../lib/swarm/shard/shard.js';
import type { StoredShard } from '../support/stored-swarm.js';

/**
 * The shards of a swarm as they are stored after all of its peers have announced.
 * @param records of both families, in any order
 */
export function shardsOfRecords(
  infohash: Uint8Array,
  records: readonly Buffer[],
  shardPeers: number,
): StoredShard[] {
  return split(infohashKey(infohash), 0, 0, records, shardPeers);
}

function split(
  infohash: string,
  number: number,
  depth: number,
  records: readonly Buffer[],
  shardPeers: number,
): StoredShard[] {
  if (records.length <= shardPeers) {
    return [{ key: shardKey(infohash, number), value: encode(number, depth, records) }];
  }
  const goes = (record: Buffer): boolean => ((hashPeerId(record) >>> depth) & 1) === 1;
  const stay = records.filter((record) => !goes(record));
  return [
    ...split(infohash, number, depth + 1, stay, shardPeers),
    ...split(infohash, childOf(number, depth), depth + 1, records.filter(goes), shardPeers),
  ];
}

/** Merged from single records, two by two, which sorts them. */
function encode(number: number, depth: number, records: readonly Buffer[]): Buffer {
  const header = { ...newHeader(number), depth };
  let level = records.map((record) => Shard.empty(header).with(layoutOfRecord(record), record));
  while (level.length > 1) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
      level.slice(2 * i, 2 * i + 2),
    );
    level = pairs.flatMap((pair) => mergeAll(pair) ?? []);
  }
  const [whole = Shard.empty(header)] = level;
  // In memory of its own: a store in memory keeps it, and a piece of a pool would keep the pool.
  return whole.compact().seal();
}
