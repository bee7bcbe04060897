import { parseShardKey } from '../../lib/swarm/shard/placement.js';
import { Shard } from '../../lib/swarm/shard/shard.js';
import type { Store } from '../../lib/store/store.js';

const PAGE_KEYS = 1000;

/** What a store holds of some swarms. */
export interface StoredShards {
  readonly shards: number;
  readonly records: number;
  readonly bytes: number;
  readonly longestBytes: number;
  /** Least and greatest depth of a shard. */
  readonly minDepth: number;
  readonly maxDepth: number;
  /** Shards that forward or that have misplaced records. */
  readonly forwarding: number;
  readonly misplaced: number;
  /** Lists of a rare family. */
  readonly lists: number;
}

const NOTHING = {
  shards: 0,
  records: 0,
  bytes: 0,
  longestBytes: 0,
  minDepth: Infinity,
  maxDepth: 0,
  forwarding: 0,
  misplaced: 0,
  lists: 0,
};

/**
 * Looks at everything that is stored.
 * @param groupOf names the group of a swarm, by its infohash in hex
 */
export async function storedShards(
  store: Store,
  groupOf: (infohash: string) => string,
): Promise<Map<string, StoredShards>> {
  const groups = new Map<string, { -readonly [K in keyof StoredShards]: number }>();
  let cursor: string | undefined;
  do {
    const page = await store.keys({ from: '0', to: 'g' }, cursor, PAGE_KEYS);
    for (const key of page.keys) {
      const parsed = parseShardKey(key);
      if (parsed === undefined) continue;
      const name = groupOf(parsed.infohash);
      const group = groups.get(name) ?? { ...NOTHING };
      groups.set(name, group);
      for (const value of (await store.fetch(key)).values) {
        const { header, count } = Shard.decode(parsed.number, value);
        group.bytes += value.length;
        group.longestBytes = Math.max(group.longestBytes, value.length);
        if (parsed.number < 0) {
          group.lists++;
          continue;
        }
        group.shards++;
        group.records += count;
        if (header.forwarding) group.forwarding++;
        else group.minDepth = Math.min(group.minDepth, header.depth);
        group.maxDepth = Math.max(group.maxDepth, header.depth);
        if (header.misplaced) group.misplaced++;
      }
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return groups;
}
