import { dropExpired } from '../shard/expiry.js';
import { filter } from '../shard/filter.js';
import { merge, withMisplacedFlag } from '../shard/merge.js';
import { compareAge, expiryCutoff } from '../shard/peer-record.js';
import { birthDepth } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import type { ShardOperation } from './operation.js';
import { MAX_ABSORPTIONS } from './relocation.js';

/** Drops expired records. Every write does; this one is for shards that nobody writes any more. */
export class PruneOperation implements ShardOperation {
  constructor(private readonly peerLifetimeSeconds: number) {}

  apply(shard: Shard, now: number): Shard {
    const pruned = dropExpired(shard, expiryCutoff(now, this.peerLifetimeSeconds));
    if (shard.count > 0 && pruned.count === 0) return markedEmpty(pruned, now);
    // Also if nothing has expired: a write makes one value of siblings.
    return pruned === shard ? shard.withHeader(shard.header) : pruned;
  }
}

/**
 * Dates a root shard that is empty, so that a purge knows since when it has been. It uses the field
 * of a forwarding header, which a root never is.
 */
export class MarkEmptyOperation implements ShardOperation {
  constructor(private readonly peerLifetimeSeconds: number) {}

  apply(shard: Shard, now: number): Shard {
    const left = dropExpired(shard, expiryCutoff(now, this.peerLifetimeSeconds));
    return left.count > 0 ? shard : markedEmpty(left, now);
  }
}

function markedEmpty(shard: Shard, now: number): Shard {
  const { header } = shard;
  if (shard.number !== 0 || header.depth > 0) return shard;
  return shard.withHeader({ ...header, forwardingSince: Math.floor(now / 1000) });
}

/**
 * The second half of a split, where the child is stored but its parent does not say so. The records
 * that belong to the child are misplaced from then on.
 */
export class FinishSplitOperation implements ShardOperation {
  /** @param child the number of the child */
  constructor(private readonly child: number) {}

  apply(shard: Shard): Shard {
    const { header } = shard;
    const depth = birthDepth(this.child);
    if (header.forwarding || header.depth !== depth - 1) return shard;
    return withMisplacedFlag(shard.withHeader({ ...header, depth }));
  }
}

/**
 * A parent takes back the peers of its youngest child: the first half of merging the two. It does
 * so in a new generation, which wins over writers that still know the shard as split, and over one
 * that is splitting it again. Also if another purge merged the child already: what that one read
 * may be older.
 */
export class MergeChildOperation implements ShardOperation {
  /** @param child the child as it was read */
  constructor(private readonly child: Shard) {}

  apply(shard: Shard): Shard {
    const { header } = shard;
    const depth = birthDepth(this.child.number);
    if (header.forwarding || header.depth > depth) return shard;
    const next = {
      ...header,
      generation: header.generation + 1,
      depth: Math.min(header.depth, depth - 1),
    };
    return withMisplacedFlag(merge(shard.withHeader(next), this.child.withHeader(next)));
  }
}

/**
 * A child forwards to the parent that took its peers back: the second half. Records that came to it
 * in between stay, as misplaced ones, to be moved. A child that split in between is left as it is.
 */
export class ForwardOperation implements ShardOperation {
  /** @param merged the child as it was when its parent took its peers */
  constructor(private readonly merged: Shard) {}

  apply(shard: Shard, now: number): Shard {
    const { header } = shard;
    const { merged } = this;
    if (header.forwarding || header.depth !== merged.header.depth) return shard;
    if (header.generation !== merged.header.generation) return shard;
    if (header.absorptions !== merged.header.absorptions) return shard;
    if (header.absorptions === MAX_ABSORPTIONS) return shard;
    const left = filter(
      shard,
      (bytes, at, layout) => {
        const known = merged.find(layout, bytes, at);
        return !known.found || compareAge(bytes, at, merged.bytes, known.at, layout) > 0;
      },
      {
        ...header,
        generation: header.generation + 1,
        absorptions: 0,
        forwarding: true,
        forwardingSince: Math.floor(now / 1000),
      },
    );
    return withMisplacedFlag(left);
  }
}
