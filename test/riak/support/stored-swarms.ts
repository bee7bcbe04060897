import { decodeValues } from '../../../lib/swarm/shard/decode.js';
import { PEER_ID_LENGTH, STOPPED, V4, V6, flagsOf } from '../../../lib/swarm/shard/peer-record.js';
import { ownsRecord } from '../../../lib/swarm/shard/header.js';
import { RecordingLog } from '../../support/recording-log.js';
import { BUCKET, SWARM_TYPE } from '../../riak-double/tracker-types.js';

/** What a test can see of the data in a double, in this process or another one. */
export interface StoredData {
  keys(type: string, bucket: string): readonly string[] | Promise<readonly string[]>;
  held(type: string, bucket: string, key: string): readonly StoredValue[] | Promise<readonly StoredValue[]>;
}

interface StoredValue {
  readonly value: Uint8Array;
  readonly tombstone: boolean;
}

/**
 * The peer ids, in hex, of the peers of one swarm that have not stopped: siblings merged, and only
 * where the shard that has a record is the one that is responsible for it, as a tracker would find
 * it.
 * @throws Error if a stored value is no shard
 */
export async function storedPeerIds(data: StoredData, infohash: Uint8Array): Promise<Set<string>> {
  const swarm = Buffer.from(infohash).toString('hex');
  const peerIds = new Set<string>();
  for (const key of await data.keys(SWARM_TYPE, BUCKET)) {
    if (!key.startsWith(swarm)) continue;
    const values = (await data.held(SWARM_TYPE, BUCKET, key))
      .filter(({ tombstone }) => !tombstone)
      .map(({ value }) => value);
    for (const peerId of ownedPeerIds(key, values)) peerIds.add(peerId);
  }
  return peerIds;
}

function* ownedPeerIds(key: string, values: readonly Uint8Array[]): Generator<string> {
  const n = Number(key.split('.')[1] ?? 0);
  const log = new RecordingLog();
  const shard = decodeValues(n, key, values, log);
  if (log.lines.length > 0) throw new Error(`${key} has a value that is no shard`);
  if (shard === undefined) return;
  for (const layout of [V4, V6]) {
    for (let at = shard.start(layout); at < shard.end(layout); at += layout.size) {
      if ((flagsOf(shard.bytes, at, layout) & STOPPED) !== 0) continue;
      if (!ownsRecord(shard.header, shard.bytes, at)) continue;
      yield shard.bytes.toString('hex', at, at + PEER_ID_LENGTH);
    }
  }
}
