import { filter, type Keep } from '../shard/filter.js';
import { ownsRecord } from '../shard/header.js';
import { merge, withMisplacedFlag } from '../shard/merge.js';
import { compareAge, V4, V6, type RecordLayout } from '../shard/peer-record.js';
import { hashPeerId } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import type { PeerOperation, ShardOperation } from './operation.js';

/** Absorptions are not counted beyond this. */
export const MAX_ABSORPTIONS = 255;

/**
 * A child absorbs the peers that its parent splits off, merged with what it has already. Written
 * also if there are no peers for it, as its parent no longer answers for it.
 */
export class AbsorbOperation implements ShardOperation {
  constructor(private readonly peers: Shard) {}

  apply(shard: Shard): Shard {
    const absorptions = Math.min(shard.header.absorptions + 1, MAX_ABSORPTIONS);
    const header = { ...shard.header, absorptions };
    return withMisplacedFlag(merge(shard.withHeader(header), this.peers.withHeader(header)));
  }
}

/** Puts one record into the shard that it belongs to, unless that has a newer one of the peer. */
export class MoveOperation implements PeerOperation {
  readonly hash: number;

  constructor(
    private readonly layout: RecordLayout,
    private readonly record: Buffer,
  ) {
    this.hash = hashPeerId(record);
  }

  /** Where it comes from the record is dropped only for what is stored now. */
  needsFreshRead(shard: Shard): boolean {
    return this.apply(shard) === shard;
  }

  apply(shard: Shard): Shard {
    return shard.with(this.layout, this.record);
  }
}

/** Drops records that were moved to where they belong, but not newer ones of the same peers. */
export class DropMovedOperation implements ShardOperation {
  /** Only what was moved: the shard may have split since, and have more misplaced records now. */
  private readonly moved: Shard;

  /** @param before a version of the shard, all misplaced records of which are where they belong */
  constructor(before: Shard) {
    this.moved = filter(before, (bytes, at) => !ownsRecord(before.header, bytes, at));
  }

  apply(shard: Shard): Shard {
    const { header } = shard;
    if (!header.misplaced) return shard;
    const kept = filter(shard, (bytes, at, layout) => {
      if (ownsRecord(header, bytes, at)) return true;
      const moved = this.moved.find(layout, bytes, at);
      return !moved.found || compareAge(bytes, at, this.moved.bytes, moved.at, layout) > 0;
    });
    return withMisplacedFlag(kept);
  }
}

/** The records of a shard that belong elsewhere, each to be moved. */
export function movesOfMisplaced(shard: Shard): MoveOperation[] {
  return movesOf(shard, (bytes, at) => !ownsRecord(shard.header, bytes, at));
}

/** The records of one peer in a shard, each to be moved to where it belongs. */
export function movesOfPeer(shard: Shard, peerId: Uint8Array): MoveOperation[] {
  return [V4, V6].flatMap((layout) => {
    const { from, to } = shard.recordsOf(layout, peerId);
    return movesOfRange(shard, layout, from, to);
  });
}

/** The wanted records of a shard, each to be moved to where it belongs. */
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
