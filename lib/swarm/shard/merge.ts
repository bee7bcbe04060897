import { compareAge, compareIdentity, V4, V6, type RecordLayout } from './peer-record.js';
import { HEADER_SIZE, ownsRecord, type ShardHeader } from './header.js';
import { Shard } from './shard.js';

/**
 * Two versions of shard n made one. The peers are a last-writer-wins map and the header is a join, so the result is the same in whatever
 * order and however often versions are merged: siblings and lost races need no coordination.
 */
export function merge(shard: number, a: Shard, b: Shard): Shard {
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
  return sameResponsibility(a.header, b.header) ? merged : withStraysKnown(shard, merged);
}

/** `merge` over any number of versions; undefined if there are none. */
export function mergeAll(shard: number, versions: readonly Shard[]): Shard | undefined {
  let merged: Shard | undefined;
  for (const version of versions) merged = merged === undefined ? version : merge(shard, merged, version);
  return merged;
}

/**
 * The join of two headers: the later generation's, and within one generation the deeper, the forwarding one. A split deepens
 * within a generation; only taking a child back or coming to life again starts a new one, which must win over a split that did not know of it.
 */
export function joinHeaders(a: ShardHeader, b: ShardHeader): ShardHeader {
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  return {
    generation: a.generation,
    depth: Math.max(a.depth, b.depth),
    adoptions: Math.max(a.adoptions, b.adoptions),
    forwarding: a.forwarding || b.forwarding,
    forwardingSince: Math.max(a.forwardingSince, b.forwardingSince),
    strays: a.strays || b.strays,
  };
}

/** The shard under a header with `strays` as the records have it: for when the responsibility changed, or records went. */
export function withStraysKnown(shard: number, version: Shard): Shard {
  const strays = hasStrays(shard, version);
  if (strays === version.header.strays) return version;
  // The bytes may be those that are stored, which must stay as they are.
  return version.withHeader({ ...version.header, strays });
}

function hasStrays(shard: number, version: Shard): boolean {
  if (version.header.depth === 0 && !version.header.forwarding) return false;
  for (const layout of [V4, V6]) {
    const end = version.end(layout);
    for (let at = version.start(layout); at < end; at += layout.size) {
      if (!ownsRecord(version.header, shard, version.bytes, at)) return true;
    }
  }
  return false;
}

function sameResponsibility(a: ShardHeader, b: ShardHeader): boolean {
  return a.generation === b.generation && a.depth === b.depth && a.forwarding === b.forwarding;
}

/** Merges the records of one layout into `target` from `at` on and gives the end of what was written. */
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
