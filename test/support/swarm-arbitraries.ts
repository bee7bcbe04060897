import fc from 'fast-check';

import {
  COUNTED,
  createRecord,
  PARTIAL_SEED,
  SEEDER,
  setDate,
  STOPPED,
  V4,
  V6,
} from '../../lib/swarm/shard/peer-record.js';
import { newHeader, type ShardHeader } from '../../lib/swarm/shard/header.js';
import { Shard } from '../../lib/swarm/shard/shard.js';
import { withMisplacedFlag } from '../../lib/swarm/shard/merge.js';

/** Few peers, so that versions of a shard have many in common. */
export const peerIds = fc.integer({ min: 0, max: 23 }).map((n) => Buffer.alloc(20, n * 11));

const addresses = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((n) => Buffer.from([10, 0, 0, n])),
  fc.integer({ min: 1, max: 2 }).map((n) => Buffer.from([0x20, 1, ...new Array<number>(13).fill(0), n])),
);

const flags = fc.constantFrom(0, SEEDER, PARTIAL_SEED, SEEDER | COUNTED, STOPPED, STOPPED | COUNTED);

/** A peer record with `seen` from 1,000 to 1,020 seconds. */
export const records = fc
  .record({
    peerId: peerIds,
    address: addresses,
    port: fc.constantFrom(1, 6881),
    ticks: fc.integer({ min: 1000 * 16, max: 1020 * 16 }),
    flags,
  })
  .map(({ ticks, ...peer }) => dated(createRecord(peer), ticks));

export const headers = (n: number): fc.Arbitrary<ShardHeader> =>
  fc
    .record({
      generation: fc.integer({ min: 0, max: 2 }),
      deeper: fc.integer({ min: 0, max: 2 }),
      absorptions: fc.integer({ min: 0, max: 2 }),
      forwardingSince: fc.constantFrom(0, 0, 1005),
    })
    .map(({ generation, deeper, absorptions, forwardingSince }) => ({
      number: n,
      generation,
      depth: newHeader(n).depth + deeper,
      absorptions,
      forwarding: forwardingSince !== 0,
      forwardingSince,
      misplaced: false,
    }));

/** A version of shard n, as some history may have left it. */
export const shards = (n: number): fc.Arbitrary<Shard> =>
  fc
    .tuple(headers(n), fc.array(records, { maxLength: 20 }))
    .map(([header, list]) => withMisplacedFlag(shardOf(list, header)));

/** A shard with these records; of one identity the newest. */
export function shardOf(list: readonly Buffer[], header: ShardHeader = newHeader(0)): Shard {
  let shard = Shard.empty(header);
  for (const record of list) shard = shard.with(record.length === V4.size ? V4 : V6, record);
  return shard;
}

/** A record with a date, in sixteenths of a second since the epoch. */
export function dated(record: Buffer, ticks: number): Buffer {
  setDate(record, record.length === V4.size ? V4 : V6, ticks);
  return record;
}

/** The records of a shard, one buffer each. */
export function recordsOf(shard: Shard): Buffer[] {
  const list: Buffer[] = [];
  for (const layout of [V4, V6]) {
    for (let at = shard.start(layout); at < shard.end(layout); at += layout.size) {
      list.push(Buffer.from(shard.bytes.subarray(at, at + layout.size)));
    }
  }
  return list;
}
