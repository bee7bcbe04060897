import type { Shard } from '../shard/shard.js';

/** Something to do with one shard as soon as its state is known; a lane applies it and writes what came of it. */
export interface ShardOperation {
  /**
   * The peer that it is about, as a hash: the operation is turned away from a shard that is not responsible for it.
   * Undefined: it is about this very shard.
   */
  readonly hash: number | undefined;

  /**
   * Whether a remembered state is not good enough to decide, as another process may have written since.
   * @param now milliseconds since the epoch
   */
  doubts(shard: Shard, now: number): boolean;

  /**
   * The shard after the operation; the same object if nothing changed. Applied again, to a newer state or to another shard,
   * it must come to the same end.
   * @param shard what is held, an empty shard if nothing is; or the draft that earlier operations made of that, which may be changed in place
   * @param now milliseconds since the epoch
   */
  apply(shard: Shard, now: number): Shard;

  /** Whether what it wanted is in the shard, which others wrote to at the same time; if not, it is applied again. */
  holds(shard: Shard): boolean;
}

/** An operation about one peer. */
export interface PeerOperation extends ShardOperation {
  readonly hash: number;
  /**
   * The id of the peer, if what the operation comes to depends on what the peer's records say. After a split these may still be in the
   * parent of the shard that the operation ends at.
   */
  readonly looksBackOn: Uint8Array | undefined;
}

/** How an operation fared at a shard. */
export interface Landing {
  /**
   * done: applied and stored. absent: there is no such shard. forwarding: its peers went back to its parent.
   * elsewhere: the shard is not responsible for the peer.
   */
  readonly kind: 'done' | 'absent' | 'forwarding' | 'elsewhere';
  /** The state that is held now; an empty shard if nothing is. */
  readonly shard: Shard;
  /** How many reads of the store it took. */
  readonly fetches: number;
  /** Shards that were found to hold strays: this one, or those that it split into. */
  readonly withStrays: readonly number[];
}

/** Reads a shard: the one that is responsible for a hash, or any. */
export class ReadOperation<Hash extends number | undefined> implements ShardOperation {
  readonly looksBackOn = undefined;

  constructor(readonly hash: Hash) {}

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard): Shard {
    return shard;
  }

  holds(): boolean {
    return true;
  }
}
