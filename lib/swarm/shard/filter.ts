import { HEADER_SIZE, type ShardHeader } from './header.js';
import { V4, V6, type RecordLayout } from './peer-record.js';
import { Shard } from './shard.js';

/** Whether to keep the record at a byte offset. */
export type Keep = (bytes: Uint8Array, at: number, layout: RecordLayout) => boolean;

/**
 * The records of a shard that `keep` wants, under a header; the shard itself if it wants all of
 * them and the header is the shard's own.
 */
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

function copyKept(shard: Shard, layout: RecordLayout, keep: Keep, target: Buffer, at: number): number {
  const end = shard.end(layout);
  for (let from = shard.start(layout); from < end; from += layout.size) {
    if (keep(shard.bytes, from, layout)) at += shard.bytes.copy(target, at, from, from + layout.size);
  }
  return at;
}
