import { dropExpired, filter } from '../shard/filter.js';
import { merge, withStraysKnown } from '../shard/merge.js';
import type { ShardOperation } from './operation.js';
import { compareAge, expiryDeadline } from '../shard/peer-record.js';
import { MOST_ADOPTIONS } from './relocation.js';
import { birthDepth } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';

/** Drops what has expired, which every write does; this one is for shards that nobody writes any more. */
export class PruneOperation implements ShardOperation {
  readonly hash = undefined;

  constructor(
    private readonly n: number,
    private readonly peerLifetimeSeconds: number,
  ) {}

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard, now: number): Shard {
    const pruned = dropExpired(this.n, shard, expiryDeadline(now, this.peerLifetimeSeconds));
    // Also if nothing has expired: a write makes one value of siblings.
    return pruned === shard ? shard.withHeader(shard.header) : pruned;
  }

  holds(): boolean {
    return true;
  }
}

/** The second half of a split, where the child is there but its parent does not say so: what belongs to the child is a stray from now on. */
export class FinishSplitOperation implements ShardOperation {
  readonly hash = undefined;

  constructor(
    private readonly n: number,
    private readonly child: number,
  ) {}

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard): Shard {
    const { header } = shard;
    const depth = birthDepth(this.child);
    if (header.forwarding || header.depth !== depth - 1) return shard;
    return withStraysKnown(this.n, shard.withHeader({ ...header, depth }));
  }

  holds(): boolean {
    return true;
  }
}

/**
 * A shard takes back the peers of its youngest child: the first half of merging the two. In a new generation, which wins over writers that
 * still know the shard as split, and over one that is just splitting it again. Also where another purge took the child back already, as what
 * that one took may be older.
 */
export class TakeBackOperation implements ShardOperation {
  readonly hash = undefined;

  constructor(
    private readonly n: number,
    private readonly child: number,
    private readonly taken: Shard,
  ) {}

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard): Shard {
    const { header } = shard;
    const depth = birthDepth(this.child);
    if (header.forwarding || header.depth > depth) return shard;
    const next = { ...header, generation: header.generation + 1, depth: Math.min(header.depth, depth - 1) };
    return withStraysKnown(this.n, merge(this.n, shard.withHeader(next), this.taken.withHeader(next)));
  }

  holds(): boolean {
    return true;
  }
}

/**
 * A child forwards to the shard that took its peers back: the second half. What was announced to it in between stays, as strays, to be moved.
 * A child that split meanwhile is left as it is.
 */
export class ForwardOperation implements ShardOperation {
  readonly hash = undefined;

  constructor(
    private readonly n: number,
    private readonly taken: Shard,
  ) {}

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard, now: number): Shard {
    const { header } = shard;
    const { taken } = this;
    if (header.forwarding || header.depth !== taken.header.depth) return shard;
    if (header.generation !== taken.header.generation) return shard;
    if (header.adoptions !== taken.header.adoptions || header.adoptions === MOST_ADOPTIONS) return shard;
    const left = filter(
      shard,
      (bytes, at, layout) => {
        const known = taken.find(layout, bytes, at);
        return !known.found || compareAge(bytes, at, taken.bytes, known.at, layout) > 0;
      },
      {
        ...header,
        generation: header.generation + 1,
        adoptions: 0,
        forwarding: true,
        forwardingSince: Math.floor(now / 1000),
      },
    );
    return withStraysKnown(this.n, left);
  }

  holds(): boolean {
    return true;
  }
}
