import { filter, type Keep } from './filter.js';
import { newHeader, ownsRecord } from './header.js';
import { withMisplacedFlag } from './merge.js';
import { dateOf, V4, V6 } from './peer-record.js';
import { childOf, hashPeerId } from './placement.js';
import type { Shard } from './shard.js';

/** A shard split in two. Misplaced records stay with the parent, as they belong to neither. */
export function splitShard(shard: Shard): { parent: Shard; child: Shard } {
  const { depth, number } = shard.header;
  const child = childOf(number, depth);
  const mask = (1 << depth) * 2 - 1;
  const goes: Keep = (bytes, at) => (hashPeerId(bytes, at) & mask) === child;
  return {
    parent: filter(shard, (bytes, at, layout) => !goes(bytes, at, layout), {
      ...shard.header,
      depth: depth + 1,
    }),
    child: filter(shard, goes, newHeader(child)),
  };
}

/**
 * A shard without the oldest of the records that belong to it, so that at most `limit` of these
 * are left. For a shard that cannot split any further, which takes peer ids made for it: to lose
 * those that were silent longest bounds what such an attack costs. Misplaced records stay until
 * they are moved. In a list of a family all records belong.
 */
export function dropOldest(shard: Shard, limit: number): Shard {
  const { header } = shard;
  const belongs = (bytes: Uint8Array, at: number): boolean =>
    header.number < 0 || ownsRecord(header, bytes, at);
  const dates: number[] = [];
  for (const layout of [V4, V6]) {
    for (let at = shard.start(layout); at < shard.end(layout); at += layout.size) {
      if (belongs(shard.bytes, at)) dates.push(dateOf(shard.bytes, at, layout));
    }
  }
  if (dates.length <= limit) return shard;
  const cut = dates.sort((a, b) => b - a)[limit] ?? 0;
  let ties = limit - dates.filter((date) => date > cut).length;
  return filter(shard, (bytes, at, layout) => {
    if (!belongs(bytes, at)) return true;
    const date = dateOf(bytes, at, layout);
    return date > cut || (date === cut && ties-- > 0);
  });
}

/** How many records belong to the shard that they are in. */
export function countOwned(shard: Shard): number {
  if (!shard.header.misplaced) return shard.count;
  return filter(shard, (bytes, at) => ownsRecord(shard.header, bytes, at)).count;
}

/** The shard itself or, if it forwards, its next generation. */
export function revived(shard: Shard): Shard {
  const { header } = shard;
  if (!header.forwarding) return shard;
  const next = {
    ...header,
    generation: header.generation + 1,
    absorptions: 0,
    forwarding: false,
    forwardingSince: 0,
  };
  return withMisplacedFlag(shard.withHeader(next));
}
