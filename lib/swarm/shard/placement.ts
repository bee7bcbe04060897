import { byteAt } from './bytes.js';
import { PEER_ID_LENGTH } from './peer-record.js';

/**
 * Which shard of a swarm holds a peer: extendible hashing.
 *
 * Shard n of depth d is responsible for the peers whose hash ends in the d bits of n. A split of it
 * makes shard n + 2^d, which takes the peers with bit d set, and both have depth d + 1 then. So
 * every shard but 0 has one parent (its highest bit cleared), from which it was split off:
 *
 *     depth 0      1        2            3
 *           0 ---- 0 ------ 0 ---------- 0, 4
 *                           2 ---------- 2, 6
 *                  1 ------ 1 ---------- 1, 5
 *                           3 ---------- 3, 7
 */

/** No shard splits beyond this: 65,536 shards, some ten million peers, in one swarm. */
export const MAX_DEPTH = 16;

/**
 * In place of a shard's number: the lists of the peers of a rare address family (family-lists.ts).
 * They have the form of shards, are responsible for no peer, and never split.
 */
export const V4_LIST = -4;
export const V6_LIST = -6;

const SHARD_KEY = /^([0-9a-f]{40})(?:\.(?:(\d+)|v([46])))?$/;

/** A 32-bit hash of a peer id: FNV-1a, finished so that the low bits depend on every byte. */
export function hashPeerId(bytes: Uint8Array, at = 0): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + PEER_ID_LENGTH; i++) hash = Math.imul(hash ^ byteAt(bytes, i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The shard for a hash where all shards have this depth. */
export function shardAt(hash: number, depth: number): number {
  return hash & ((1 << depth) - 1);
}

/** Every shard that may be responsible for a hash, each the parent of the next; shard 0 first. */
export function candidateShards(hash: number): number[] {
  const candidates = [0];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    if ((hash & (1 << depth)) !== 0) candidates.push(shardAt(hash, depth + 1));
  }
  return candidates;
}

/** The shard that was split off from shard n when it had this depth. */
export function childOf(shard: number, depth: number): number {
  return shard | (1 << depth);
}

/** The shard that n was split off from; n > 0. */
export function parentOf(shard: number): number {
  return shard & ~(1 << highestBit(shard));
}

/** The depth that a shard is made with: no version of it has less. */
export function birthDepth(shard: number): number {
  return shard <= 0 ? 0 : highestBit(shard) + 1;
}

/** The share of all hashes that a shard of this depth is responsible for. */
export function coverage(depth: number): number {
  return 1 / (1 << depth);
}

/** The key of a swarm's download count, and of its shard 0, in a store. */
export function infohashKey(infohash: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = infohash;
  return (Buffer.isBuffer(infohash) ? infohash : Buffer.from(buffer, byteOffset, byteLength)).toString('hex');
}

/** The key of a shard, or of a list, in a store. All keys of a swarm sort next to each other. */
export function shardKey(infohash: string, shard: number): string {
  if (shard === 0) return infohash;
  return shard > 0 ? `${infohash}.${shard}` : `${infohash}.v${-shard}`;
}

/** What a key in a store stands for; undefined for a key that is none of a shard or list. */
export function parseShardKey(key: string): { infohash: string; number: number } | undefined {
  const parts = SHARD_KEY.exec(key);
  if (parts === null) return undefined;
  const [, infohash = '', number = '0', family] = parts;
  return { infohash, number: family === undefined ? Number(number) : -Number(family) };
}

function highestBit(shard: number): number {
  return 31 - Math.clz32(shard);
}
