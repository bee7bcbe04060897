import { readUint32 } from './bytes.js';
import { filter } from './filter.js';
import { withMisplacedFlag } from './merge.js';
import { flagsOf, STOPPED, V4, V6, type RecordLayout } from './peer-record.js';
import type { Shard } from './shard.js';

/**
 * A shard without its expired records, tombstones among them.
 * @param expiryCutoff records last seen then or before are expired, seconds since the epoch
 */
export function dropExpired(shard: Shard, expiryCutoff: number): Shard {
  if (shard.oldestSeen <= expiryCutoff) shard.oldestSeen = Math.min(oldest(shard, V4), oldest(shard, V6));
  if (shard.oldestSeen > expiryCutoff) return shard;
  const kept = filter(shard, (bytes, at, layout) => readUint32(bytes, at + layout.seenAt) > expiryCutoff);
  return kept.header.misplaced ? withMisplacedFlag(kept) : kept;
}

/** Whether a record stands for a peer that is there: not expired, and no tombstone. */
export function isLive(bytes: Uint8Array, at: number, layout: RecordLayout, expiryCutoff: number): boolean {
  return !isExpired(bytes, at, layout, expiryCutoff) && (flagsOf(bytes, at, layout) & STOPPED) === 0;
}

/** Whether a record, or a tombstone, is expired. */
export function isExpired(
  bytes: Uint8Array,
  at: number,
  layout: RecordLayout,
  expiryCutoff: number,
): boolean {
  return readUint32(bytes, at + layout.seenAt) <= expiryCutoff;
}

/** The earliest `seen` of the records of a layout; Infinity if there are none. */
function oldest(shard: Shard, layout: RecordLayout): number {
  let oldestSeen = Infinity;
  const end = shard.end(layout);
  for (let at = shard.start(layout); at < end; at += layout.size) {
    const seen = readUint32(shard.bytes, at + layout.seenAt);
    if (seen < oldestSeen) oldestSeen = seen;
  }
  return oldestSeen;
}
