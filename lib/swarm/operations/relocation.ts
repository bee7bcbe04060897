import { filter, type Keep } from '../shard/filter.js';
import { merge, withStraysKnown } from '../shard/merge.js';
import type { PeerOperation, ShardOperation } from './operation.js';
import { compareAge, V4, V6, type RecordLayout } from '../shard/peer-record.js';
import { hashPeerId } from '../shard/placement.js';
import { ownsRecord } from '../shard/header.js';
import type { Shard } from '../shard/shard.js';

/**
 * A child takes the peers that its parent splits off. Whatever it holds already is merged, not lost. It is written also if there are no peers for
 * it, as its parent no longer answers for it.
 */
export class AdoptOperation implements ShardOperation {
  readonly hash = undefined;

  constructor(
    private readonly child: number,
    private readonly peers: Shard,
  ) {}

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard): Shard {
    const header = { ...shard.header, adoptions: Math.min(shard.header.adoptions + 1, MOST_ADOPTIONS) };
    const merged = merge(this.child, shard.withHeader(header), this.peers.withHeader(header));
    return withStraysKnown(this.child, merged);
  }

  holds(): boolean {
    return true;
  }
}

/** Beyond this a shard's adoptions are no longer counted. */
export const MOST_ADOPTIONS = 255;

/** One record goes to the shard that it belongs into, unless a newer one of that peer is there. */
export class MoveOperation implements PeerOperation {
  readonly hash: number;
  readonly looksBackOn = undefined;

  constructor(
    private readonly layout: RecordLayout,
    private readonly record: Buffer,
  ) {
    this.hash = hashPeerId(record);
  }

  /** Only what is stored now is a reason to drop the record where it comes from. */
  doubts(shard: Shard): boolean {
    return this.apply(shard) === shard;
  }

  apply(shard: Shard): Shard {
    return shard.with(this.layout, this.record);
  }

  holds(): boolean {
    return true;
  }
}

/** Drops records that have been moved to where they belong, but not newer ones of the same peers. */
export class ForgetStraysOperation implements ShardOperation {
  readonly hash = undefined;
  /** Only what was moved: the shard may have split since, and have strays that were none then. */
  private readonly moved: Shard;

  /** @param cleared a version of the shard, all strays of which are where they belong */
  constructor(
    private readonly n: number,
    cleared: Shard,
  ) {
    this.moved = filter(cleared, (bytes, at) => !ownsRecord(cleared.header, n, bytes, at));
  }

  doubts(): boolean {
    return false;
  }

  apply(shard: Shard): Shard {
    if (!shard.header.strays) return shard;
    const { header } = shard;
    const kept = filter(shard, (bytes, at, layout) => {
      if (ownsRecord(header, this.n, bytes, at)) return true;
      const moved = this.moved.find(layout, bytes, at);
      return !moved.found || compareAge(bytes, at, this.moved.bytes, moved.at, layout) > 0;
    });
    return withStraysKnown(this.n, kept);
  }

  holds(): boolean {
    return true;
  }
}

/** The records of shard n that belong elsewhere, each to be moved. */
export function straysOf(n: number, shard: Shard): MoveOperation[] {
  return movesOf(shard, (bytes, at) => !ownsRecord(shard.header, n, bytes, at));
}

/** The records of one peer in a shard, each to be moved to where it belongs. */
export function movesOfPeer(shard: Shard, peerId: Uint8Array): MoveOperation[] {
  return [V4, V6].flatMap((layout) => {
    const { from, to } = shard.recordsOf(layout, peerId);
    return movesOfRange(shard, layout, from, to);
  });
}

/** The records of a shard that are wanted, each to be moved to where it belongs. */
export function movesOf(shard: Shard, isWanted: Keep = () => true): MoveOperation[] {
  return [V4, V6].flatMap((layout) =>
    movesOfRange(shard, layout, shard.start(layout), shard.end(layout), isWanted),
  );
}

function movesOfRange(
  shard: Shard,
  layout: RecordLayout,
  from: number,
  to: number,
  isWanted: Keep = () => true,
): MoveOperation[] {
  const moves: MoveOperation[] = [];
  for (let at = from; at < to; at += layout.size) {
    if (!isWanted(shard.bytes, at, layout)) continue;
    moves.push(new MoveOperation(layout, Buffer.from(shard.bytes.subarray(at, at + layout.size))));
  }
  return moves;
}
