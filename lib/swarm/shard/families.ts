import { filter } from './filter.js';
import { V4, V6, type RecordLayout } from './peer-record.js';
import { V4_LIST, V6_LIST } from './placement.js';
import type { Shard } from './shard.js';

/**
 * A family is rare in a shard that has fewer of its records than of the other family's, and at most
 * this share of `SHARD_PEERS`. With 192 that is 32: what two shards have of a family that is not
 * rare makes most replies.
 */
const RARE_SHARE = 1 / 6;

/** The list of a family, in place of a shard's number. */
export function listOf(layout: RecordLayout): number {
  return layout === V4 ? V4_LIST : V6_LIST;
}

/** Whether a shard of a large swarm has few peers of an address family; O(1), by its records. */
export function isRare(shard: Shard, layout: RecordLayout, shardPeers: number): boolean {
  const count = shard.countOf(layout);
  return count <= Math.max(1, shardPeers * RARE_SHARE) && count < shard.count - count;
}

/** The records of a rare family, for its list; undefined if no family has some and is rare. */
export function rareRecords(
  shard: Shard,
  shardPeers: number,
): { layout: RecordLayout; records: Shard } | undefined {
  for (const layout of [V4, V6]) {
    if (shard.countOf(layout) === 0 || !isRare(shard, layout, shardPeers)) continue;
    return { layout, records: filter(shard, (_bytes, _at, of) => of === layout) };
  }
  return undefined;
}
