/**
 * Swarms as they are stored after all of their peers have announced, made without announcing: with
 * the tracker's own records and shards, and split as its shard writers split them, while a shard has more
 * than SHARD_PEERS.
 */
import { isIPv4 } from 'node:net';
import { createRecord, SEEDER, setDate, toTicks, V4 } from '../../lib/swarm/shard/peer-record.js';
import { childOf, hashPeerId, infohashKey, shardKey } from '../../lib/swarm/shard/placement.js';
import { HEADER_SIZE, newHeader } from '../../lib/swarm/shard/header.js';
import { Shard } from '../../lib/swarm/shard/shard.js';
import type { Store } from '../../lib/store/store.js';
import { addressOf, infohashOf, isSeeder, peerIdOf, PORT } from '../load/numbered.js';

export interface StoredShard {
  readonly key: string;
  readonly value: Buffer;
}

/** A peer's record. @param seenAt when it last announced, milliseconds since the epoch */
export function recordOf(peer: number, seenAt: number): Buffer {
  const record = createRecord({
    peerId: Buffer.from(peerIdOf(peer), 'latin1'),
    address: packed(addressOf(peer)),
    port: PORT,
    flags: isSeeder(peer) ? SEEDER : 0,
  });
  setDate(record, V4, toTicks(seenAt));
  return record;
}

/**
 * The shards of a swarm.
 * @param records IPv4 records, by ascending identity: that of numbered peers in ascending order is
 */
export function shardsOf(
  infohash: Uint8Array,
  records: readonly Buffer[],
  shardPeers: number,
): StoredShard[] {
  const hashed = records.map((record) => ({ record, hash: hashPeerId(record) }));
  return split(infohashKey(infohash), 0, 0, hashed, shardPeers);
}

interface Hashed {
  readonly record: Buffer;
  readonly hash: number;
}

function split(
  infohash: string,
  n: number,
  depth: number,
  peers: readonly Hashed[],
  shardPeers: number,
): StoredShard[] {
  if (peers.length <= shardPeers) return [{ key: shardKey(infohash, n), value: encode(n, depth, peers) }];
  const goes = ({ hash }: Hashed): boolean => ((hash >>> depth) & 1) === 1;
  const stay = peers.filter((peer) => !goes(peer));
  return [
    ...split(infohash, n, depth + 1, stay, shardPeers),
    ...split(infohash, childOf(n, depth), depth + 1, peers.filter(goes), shardPeers),
  ];
}

function encode(n: number, depth: number, peers: readonly Hashed[]): Buffer {
  // Of its own: a store in memory keeps it, and a piece of a pool would keep the pool.
  const bytes = Buffer.allocUnsafeSlow(HEADER_SIZE + peers.length * V4.size);
  for (const [i, { record }] of peers.entries()) bytes.set(record, HEADER_SIZE + i * V4.size);
  return Shard.of({ ...newHeader(n), depth }, bytes, peers.length, 0).seal();
}

/**
 * Swarms of one size whose peers all announced at one time. Peer `member` of a swarm has the number
 * `swarm * size + member`.
 */
export function* evenShards(
  firstSwarm: number,
  swarms: number,
  size: number,
  seenAt: number,
  shardPeers: number,
): Generator<StoredShard> {
  for (let swarm = firstSwarm; swarm < firstSwarm + swarms; swarm++) {
    const records = Array.from({ length: size }, (_, member) => recordOf(swarm * size + member, seenAt));
    yield* shardsOf(infohashOf(swarm), records, shardPeers);
  }
}

/** Writes shards to a store that has none of them, many at once. */
export async function putAll(
  store: Store,
  shards: Iterable<StoredShard>,
  atOnce = PUTS_AT_ONCE,
): Promise<void> {
  let batch: Promise<unknown>[] = [];
  for (const { key, value } of shards) {
    batch.push(store.put(key, value));
    if (batch.length < atOnce) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
}

const PUTS_AT_ONCE = 2000;

function packed(address: string): Buffer {
  if (!isIPv4(address)) throw new RangeError(address);
  return Buffer.from(address.split('.').map(Number));
}
