/** Infohashes as one piece of memory, 20 bytes each, ascending, each once: no object an entry. */
import { INFOHASH_LENGTH } from '../../bittorrent/peers.js';

/** @param hashes n times 20 bytes, in any order */
export function sortInfohashes(hashes: Uint8Array): Buffer {
  const source = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  const count = source.length / INFOHASH_LENGTH;
  // By their first two bytes first: what is left to be sorted is a handful of hashes each.
  const ends = new Uint32Array(BUCKETS + 1);
  for (let at = 0; at < source.length; at += INFOHASH_LENGTH) {
    const bucket = source.readUInt16BE(at) + 1;
    ends[bucket] = (ends[bucket] as number) + 1;
  }
  for (let bucket = 1; bucket <= BUCKETS; bucket++) {
    ends[bucket] = (ends[bucket] as number) + (ends[bucket - 1] as number);
  }
  const sorted = Buffer.allocUnsafeSlow(source.length);
  for (let index = 0; index < count; index++) {
    const from = index * INFOHASH_LENGTH;
    const bucket = source.readUInt16BE(from);
    const to = ends[bucket] as number;
    source.copy(sorted, to * INFOHASH_LENGTH, from, from + INFOHASH_LENGTH);
    ends[bucket] = to + 1;
  }
  // By now each entry is the end of its bucket.
  for (let bucket = 0, start = 0; bucket < BUCKETS; bucket++) {
    const end = ends[bucket] as number;
    if (end - start > 1) sortBucket(sorted.subarray(start * INFOHASH_LENGTH, end * INFOHASH_LENGTH));
    start = end;
  }
  return withoutRepeated(sorted);
}

function sortBucket(bucket: Buffer): void {
  const hashes: Buffer[] = [];
  for (let at = 0; at < bucket.length; at += INFOHASH_LENGTH) {
    hashes.push(Buffer.from(bucket.subarray(at, at + INFOHASH_LENGTH)));
  }
  hashes.sort((a, b) => a.compare(b));
  for (const [index, hash] of hashes.entries()) hash.copy(bucket, index * INFOHASH_LENGTH);
}

/** Moves what is left to the front. */
function withoutRepeated(sorted: Buffer): Buffer {
  let to = 0;
  for (let from = 0; from < sorted.length; from += INFOHASH_LENGTH) {
    if (to > 0 && compareAt(sorted, from, sorted, to - INFOHASH_LENGTH) === 0) continue;
    if (to !== from) sorted.copy(sorted, to, from, from + INFOHASH_LENGTH);
    to += INFOHASH_LENGTH;
  }
  return sorted.subarray(0, to);
}

/** Whether the bytes are infohashes in ascending order, each once. */
export function areSorted(hashes: Uint8Array): boolean {
  if (hashes.length % INFOHASH_LENGTH !== 0) return false;
  for (let at = INFOHASH_LENGTH; at < hashes.length; at += INFOHASH_LENGTH) {
    if (compareAt(hashes, at - INFOHASH_LENGTH, hashes, at) >= 0) return false;
  }
  return true;
}

/** Whether an infohash is among sorted ones: a few looks, and nothing is allocated. */
export function includesInfohash(sorted: Uint8Array, infohash: Uint8Array): boolean {
  const at = firstNotBelow(sorted, infohash) * INFOHASH_LENGTH;
  return at < sorted.length && compareAt(sorted, at, infohash, 0) === 0;
}

/** The number of sorted infohashes that are smaller than this one. */
export function firstNotBelow(sorted: Uint8Array, infohash: Uint8Array): number {
  let from = 0;
  let to = sorted.length / INFOHASH_LENGTH;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareAt(sorted, middle * INFOHASH_LENGTH, infohash, 0) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Sorted infohashes without the ones removed, with the ones added. All are sorted. */
export function changeInfohashes(base: Uint8Array, added: Uint8Array, removed: Uint8Array): Buffer {
  const changed = Buffer.allocUnsafe(base.length + added.length);
  let to = 0;
  for (const hash of infohashesOf(base)) {
    if (includesInfohash(removed, hash)) continue;
    changed.set(hash, to);
    to += INFOHASH_LENGTH;
  }
  changed.set(added, to);
  return sortInfohashes(changed.subarray(0, to + added.length));
}

/** Each as a slice of 20 bytes. */
export function* infohashesOf(hashes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < hashes.length; at += INFOHASH_LENGTH) yield hashes.subarray(at, at + INFOHASH_LENGTH);
}

/** How the infohash at one place is to that at another: 0 the same, below 0 smaller. */
export function compareAt(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let index = 0; index < INFOHASH_LENGTH; index++) {
    const difference = (a[atA + index] as number) - (b[atB + index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

const BUCKETS = 65_536;
