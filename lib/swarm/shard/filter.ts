import { readUint32 } from './bytes.js';
import { dateOf, flagsOf, STOPPED, V4, V6, type RecordLayout } from './peer-record.js';
import { childOf, hashPeerId } from './placement.js';
import { HEADER_SIZE, newHeader, ownsRecord, type ShardHeader } from './header.js';
import { Shard } from './shard.js';
import { withStraysKnown } from './merge.js';

/** Whether to keep the record at a byte offset. */
export type Keep = (bytes: Uint8Array, at: number, layout: RecordLayout) => boolean;

/** The records of a shard that `keep` wants, under a header; the shard itself if it wants all and the header is its own. */
export function filter(shard: Shard, keep: Keep, header: ShardHeader = shard.header): Shard {
  const target = Buffer.allocUnsafe(shard.bytes.length);
  const v4End = copyKept(shard, V4, keep, target, HEADER_SIZE);
  const v6End = copyKept(shard, V6, keep, target, v4End);
  if (v6End === shard.bytes.length && header === shard.header) return shard;
  return Shard.of(
    header,
    target.subarray(0, v6End),
    (v4End - HEADER_SIZE) / V4.size,
    (v6End - v4End) / V6.size,
  );
}

/** Shard n without the records last seen at `deadline` or before (seconds since the epoch), tombstones among them. */
export function dropExpired(n: number, shard: Shard, deadline: number): Shard {
  if (shard.seenSince <= deadline) shard.seenSince = Math.min(oldest(shard, V4), oldest(shard, V6));
  if (shard.seenSince > deadline) return shard;
  const kept = filter(shard, (bytes, at, layout) => readUint32(bytes, at + layout.seenAt) > deadline);
  return kept.header.strays ? withStraysKnown(n, kept) : kept;
}

/** Shard n split in two: what stays, and the new child's share. Strays stay, for they belong into neither. */
export function splitShard(n: number, shard: Shard): { stays: Shard; goes: Shard; child: number } {
  const { depth } = shard.header;
  const bit = 1 << depth;
  const child = childOf(n, depth);
  const mask = bit * 2 - 1;
  const goes: Keep = (bytes, at) => (hashPeerId(bytes, at) & mask) === child;
  const header = { ...shard.header, depth: depth + 1 };
  return {
    child,
    stays: filter(shard, (bytes, at, layout) => !goes(bytes, at, layout), header),
    goes: filter(shard, goes, newHeader(child)),
  };
}

/**
 * Shard n without the oldest records that belong there, so that at most `limit` of these are left. Only for a shard that cannot split any further,
 * which takes peer ids made for it: losing those that were silent longest bounds what such an attack costs. Strays stay until they are moved.
 */
export function dropOldest(n: number, shard: Shard, limit: number): Shard {
  const { header } = shard;
  const dates: number[] = [];
  for (const layout of [V4, V6]) {
    for (let at = shard.start(layout); at < shard.end(layout); at += layout.size) {
      if (ownsRecord(header, n, shard.bytes, at)) dates.push(dateOf(shard.bytes, at, layout));
    }
  }
  if (dates.length <= limit) return shard;
  const cut = dates.sort((a, b) => b - a)[limit] ?? 0;
  let ties = limit - dates.filter((date) => date > cut).length;
  return filter(shard, (bytes, at, layout) => {
    if (!ownsRecord(header, n, bytes, at)) return true;
    const date = dateOf(bytes, at, layout);
    return date > cut || (date === cut && ties-- > 0);
  });
}

/** How many records of shard n are no strays. */
export function countOwned(n: number, shard: Shard): number {
  if (!shard.header.strays) return shard.count;
  return filter(shard, (bytes, at) => ownsRecord(shard.header, n, bytes, at)).count;
}

/** Whether a record stands for a peer that is there: seen after `deadline`, and no tombstone. */
export function isLive(bytes: Uint8Array, at: number, layout: RecordLayout, deadline: number): boolean {
  return !isExpired(bytes, at, layout, deadline) && (flagsOf(bytes, at, layout) & STOPPED) === 0;
}

/** Whether a record, or a tombstone, was last seen at `deadline` or before. */
export function isExpired(bytes: Uint8Array, at: number, layout: RecordLayout, deadline: number): boolean {
  return readUint32(bytes, at + layout.seenAt) <= deadline;
}

/** When the record of a layout was seen that was seen longest ago; Infinity if there is none. */
function oldest(shard: Shard, layout: RecordLayout): number {
  let seenSince = Infinity;
  const end = shard.end(layout);
  for (let at = shard.start(layout); at < end; at += layout.size) {
    const seen = readUint32(shard.bytes, at + layout.seenAt);
    if (seen < seenSince) seenSince = seen;
  }
  return seenSince;
}

function copyKept(shard: Shard, layout: RecordLayout, keep: Keep, target: Buffer, at: number): number {
  const end = shard.end(layout);
  for (let from = shard.start(layout); from < end; from += layout.size) {
    if (keep(shard.bytes, from, layout)) at += shard.bytes.copy(target, at, from, from + layout.size);
  }
  return at;
}
