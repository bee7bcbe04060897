import { HEADER_SIZE, ownsRecord, type ShardHeader } from './header.js';
import { compareAge, compareIdentity, V4, V6, type RecordLayout } from './peer-record.js';
import { Shard } from './shard.js';

/**
 * Two versions of one shard made one. The peers are a last-writer-wins map and the header is a
 * join, so the result is the same in whatever order and however often versions are merged:
 * siblings and lost races need no coordination.
 */
export function merge(a: Shard, b: Shard): Shard {
  if (a === b) return a;
  const bytes = Buffer.allocUnsafe(a.bytes.length + b.bytes.length - HEADER_SIZE);
  const v4End = mergeRecords(a, b, V4, bytes, HEADER_SIZE);
  const v6End = mergeRecords(a, b, V6, bytes, v4End);
  const header = joinHeaders(a.header, b.header);
  const merged = Shard.of(
    header,
    bytes.subarray(0, v6End),
    (v4End - HEADER_SIZE) / V4.size,
    (v6End - v4End) / V6.size,
  );
  return sameResponsibility(a.header, b.header) ? merged : withMisplacedFlag(merged);
}

/** `merge` over any number of versions; undefined if there are none. */
export function mergeAll(versions: readonly Shard[]): Shard | undefined {
  let merged: Shard | undefined;
  for (const version of versions) merged = merged === undefined ? version : merge(merged, version);
  return merged;
}

/**
 * The join of two headers of one shard: the later generation's; within one generation the deeper,
 * the forwarding one. A split deepens within a generation. Merging a child into its parent and
 * coming to life again start a new one, which must win over a split that did not know of it.
 */
export function joinHeaders(a: ShardHeader, b: ShardHeader): ShardHeader {
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  return {
    number: a.number,
    generation: a.generation,
    depth: Math.max(a.depth, b.depth),
    absorptions: Math.max(a.absorptions, b.absorptions),
    forwarding: a.forwarding || b.forwarding,
    forwardingSince: Math.max(a.forwardingSince, b.forwardingSince),
    misplaced: a.misplaced || b.misplaced,
  };
}

/** The shard with `misplaced` as its records have it: after the header changed, or records went. */
export function withMisplacedFlag(shard: Shard): Shard {
  const misplaced = hasMisplaced(shard);
  if (misplaced === shard.header.misplaced) return shard;
  // The bytes may be those that are stored, which must stay as they are.
  return shard.withHeader({ ...shard.header, misplaced });
}

function hasMisplaced(shard: Shard): boolean {
  const { header, bytes } = shard;
  if (header.depth === 0 && !header.forwarding) return false;
  for (const layout of [V4, V6]) {
    const end = shard.end(layout);
    for (let at = shard.start(layout); at < end; at += layout.size) {
      if (!ownsRecord(header, bytes, at)) return true;
    }
  }
  return false;
}

function sameResponsibility(a: ShardHeader, b: ShardHeader): boolean {
  return a.generation === b.generation && a.depth === b.depth && a.forwarding === b.forwarding;
}

/**
 * Merges the records of one layout into `target` from `at` on; returns the end of what it wrote.
 */
function mergeRecords(a: Shard, b: Shard, layout: RecordLayout, target: Buffer, at: number): number {
  const { size } = layout;
  const aEnd = a.end(layout);
  const bEnd = b.end(layout);
  let i = a.start(layout);
  let j = b.start(layout);
  while (i < aEnd && j < bEnd) {
    const order = compareIdentity(a.bytes, i, b.bytes, j, layout);
    if (order < 0) {
      a.bytes.copy(target, at, i, (i += size));
    } else if (order > 0) {
      b.bytes.copy(target, at, j, (j += size));
    } else {
      if (compareAge(a.bytes, i, b.bytes, j, layout) >= 0) a.bytes.copy(target, at, i, i + size);
      else b.bytes.copy(target, at, j, j + size);
      i += size;
      j += size;
    }
    at += size;
  }
  at += a.bytes.copy(target, at, i, aEnd);
  at += b.bytes.copy(target, at, j, bEnd);
  return at;
}
