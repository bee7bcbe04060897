import { isSameRange, readUint32 } from './bytes.js';
import { ENDPOINT_AT, V4, type RecordLayout } from './peer-record.js';
import type { Shard } from './shard.js';

/** Bytes of an IPv6 address that count: one machine has as many as it likes below them. */
const V6_NETWORK = 8;
/** Chance may put so many peers of an address into one shard, however many there are. */
const MIN_LIMIT = 4;

/**
 * How many records of one address a shard takes. A swarm of one shard takes `most`. In a larger one
 * the peers of an address spread over the shards by their ids, so each takes twice its share.
 */
export function addressLimit(most: number, depth: number): number {
  return depth === 0 ? most : Math.max(MIN_LIMIT, Math.min(most, Math.ceil((2 * most) / 2 ** depth)));
}

/**
 * Whether a shard has so many records of an address that are not expired; those of peers that left
 * count, as they take the same room. Of IPv6 the network of 64 bits counts. One pass over a shard.
 * @param record of the address
 * @param expiryCutoff records last seen then or before are expired, seconds since the epoch
 */
export function hasManyOfAddress(
  shard: Shard,
  layout: RecordLayout,
  record: Uint8Array,
  limit: number,
  expiryCutoff: number,
): boolean {
  const { bytes } = shard;
  const end = shard.end(layout);
  let left = limit;
  if (layout === V4) {
    const address = readUint32(record, ENDPOINT_AT);
    for (let at = shard.start(layout); at < end && left > 0; at += V4.size) {
      if (readUint32(bytes, at + ENDPOINT_AT) === address && readUint32(bytes, at + V4.seenAt) > expiryCutoff)
        left--;
    }
    return left === 0;
  }
  for (let at = shard.start(layout); at < end && left > 0; at += layout.size) {
    if (
      isSameRange(bytes, at + ENDPOINT_AT, record, ENDPOINT_AT, V6_NETWORK) &&
      readUint32(bytes, at + layout.seenAt) > expiryCutoff
    )
      left--;
  }
  return left === 0;
}
