import type { Shard } from '../shard/shard.js';

/** Something to do with one shard. A shard writer applies it and stores the result. */
export interface ShardOperation {
  /**
   * The hash of the peer that it is about: a shard that is not responsible for it turns the
   * operation away. None: it is about this very shard.
   */
  readonly hash?: number;

  /**
   * Whether a cached state is not good enough to decide, as another process may have written since.
   * None: it always is.
   * @param now milliseconds since the epoch
   */
  needsFreshRead?(shard: Shard, now: number): boolean;

  /**
   * The shard after the operation; the same object if nothing changed. Idempotent: applied again,
   * to a newer state or to another shard, it has the same effect.
   * @param shard the present state, an empty shard if none is stored; or the draft that earlier
   *   operations made of it, which may be changed in place
   * @param now milliseconds since the epoch
   */
  apply(shard: Shard, now: number): Shard;

  /**
   * Whether its effect is in a shard that others wrote at the same time; if not, it is applied
   * again. None: it always is.
   */
  isAppliedIn?(shard: Shard): boolean;
}

/** An operation about one peer. */
export interface PeerOperation extends ShardOperation {
  readonly hash: number;
  /**
   * The peer's id, if the result depends on the peer's other records. After a split these may still
   * be in the parent of the shard where the operation is applied, and must be moved first.
   */
  readonly needsRecordsOf?: Uint8Array | undefined;
}

/** What became of an operation at a shard. */
export interface Outcome {
  /**
   * done: applied and stored. absent: there is no such shard. forwarding: its peers went back to
   * its parent. elsewhere: the shard is not responsible for the peer.
   */
  readonly kind: 'done' | 'absent' | 'forwarding' | 'elsewhere';
  /** The state afterwards; an empty shard if none is stored. */
  readonly shard: Shard;
  /** How many reads of the store it took. */
  readonly fetches: number;
  /** Numbers of shards in which misplaced records were found: this one, and those it split into. */
  readonly shardsWithMisplaced: readonly number[];
}

/** Reads a shard. */
export class ReadOperation implements ShardOperation {
  apply(shard: Shard): Shard {
    return shard;
  }
}

/** Reads the shard that is responsible for a hash. */
export class FindOperation implements PeerOperation {
  constructor(readonly hash: number) {}

  apply(shard: Shard): Shard {
    return shard;
  }
}
