import { expect } from 'chai';
import fc from 'fast-check';

import { withMisplacedFlag } from '../../../lib/swarm/shard/merge.js';
import { V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId } from '../../../lib/swarm/shard/placement.js';
import {
  AbsorbOperation,
  DropMovedOperation,
  MAX_ABSORPTIONS,
  MoveOperation,
  movesOfMisplaced,
} from '../../../lib/swarm/operations/relocation.js';
import { ownsRecord, newHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { records, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { numbersIn, recordOf, v6Of } from '../support/peers.js';

const n = 2;
const texts = (list: readonly Buffer[]): string[] => list.map((record) => record.toString('hex')).sort();

describe('a child that absorbs what its parent splits off', () => {
  it('has its own peers and those of the parent, the newer record of each, under its own header', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (child, split) => {
        const after = new AbsorbOperation(split).apply(child);
        const both = shardOf([...recordsOf(child), ...recordsOf(split)]);
        expect(recordsOf(after)).to.deep.equal(recordsOf(both));
        const misplaced = recordsOf(after).some((record) => !ownsRecord(after.header, record, 0));
        expect(after.header).to.deep.equal({
          ...child.header,
          absorptions: child.header.absorptions + 1,
          misplaced,
        });
      }),
    );
  });

  it('is written even without peers, as its parent no longer answers for it', () => {
    const child = Shard.empty(newHeader(1));
    expect(new AbsorbOperation(Shard.empty(newHeader(1))).apply(child)).to.not.equal(child);
  });

  it('counts how often it did, up to 255', () => {
    for (const [absorptions, expected] of [
      [0, 1],
      [254, 255],
      [255, 255],
    ] as const) {
      const child = Shard.empty({ ...newHeader(1), absorptions: absorptions });
      const { header } = new AbsorbOperation(Shard.empty(newHeader(1))).apply(child);
      expect(header.absorptions).to.equal(expected);
    }
    expect(MAX_ABSORPTIONS).to.equal(255);
  });

  it('comes to the same when it absorbs twice', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (child, split) => {
        const absorb = new AbsorbOperation(split);
        const once = absorb.apply(child);
        expect(recordsOf(absorb.apply(once))).to.deep.equal(recordsOf(once));
      }),
    );
  });
});

describe('the misplaced records of a shard', () => {
  it('are the records that it is not responsible for', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const moves = movesOfMisplaced(shard);
        let target = Shard.empty(newHeader(0));
        for (const move of moves) target = move.apply(target);
        const misplaced = recordsOf(shard).filter((record) => !ownsRecord(shard.header, record, 0));
        expect(recordsOf(target)).to.deep.equal(misplaced);
        for (const { hash } of moves)
          expect(shard.header.forwarding || (hash & 3) !== n || shard.header.depth > 2).to.equal(true);
      }),
    );
  });

  it('do not take the place of a newer record where they belong', () => {
    for (const address of [undefined, v6Of(1)]) {
      const layout = address === undefined ? V4 : V6;
      const at = address === undefined ? {} : { address };
      const newer = shardOf([recordOf(1, { ...at, seen: 1001 })]);
      expect(new MoveOperation(layout, recordOf(1, at)).apply(newer)).to.equal(newer);
    }
  });

  it('are forgotten once moved, but not a newer record of the same peer nor one that came since', () => {
    fc.assert(
      fc.property(shards(n), fc.array(records, { maxLength: 10 }), (moved, since) => {
        const now = new AbsorbOperation(shardOf(since)).apply(moved);
        const left = new DropMovedOperation(moved).apply(now);
        const before = new Set(texts(recordsOf(moved)));
        const expected = recordsOf(now).filter(
          (record) => ownsRecord(now.header, record, 0) || !before.has(record.toString('hex')),
        );
        expect(recordsOf(left)).to.deep.equal(expected);
        const misplaced = recordsOf(left).some((record) => !ownsRecord(left.header, record, 0));
        expect(left.header.misplaced).to.equal(misplaced);
      }),
    );
  });

  it('are not forgotten if they became misplaced records only since, by a split', () => {
    const [stays = 0, goes = 0] = [numbersIn(0, 1, 1), numbersIn(1, 1, 1)].flat();
    const moved = shardOf([recordOf(stays), recordOf(goes)]);
    const since = withMisplacedFlag(moved.withHeader({ ...moved.header, depth: 1 }));
    expect(since.header.misplaced).to.equal(true);
    expect(recordsOf(new DropMovedOperation(moved).apply(since))).to.deep.equal(recordsOf(since));
  });

  it('leave the bytes of what is stored as they are, though the shard only said that it had some', () => {
    const shard = shardOf([recordOf(1)], { ...newHeader(0), misplaced: true });
    const bytes = shard.seal();
    const before = Buffer.from(bytes);
    const cleared = new DropMovedOperation(shard).apply(shard);
    expect(cleared.header.misplaced).to.equal(false);
    cleared.seal();
    expect(bytes).to.deep.equal(before);
  });

  it('leave a shard that has none any more the same object', () => {
    const shard = shardOf([recordOf(1)]);
    expect(new DropMovedOperation(shard).apply(shard)).to.equal(shard);
  });
});

describe('moving, absorbing and forgetting', () => {
  const absorb = new AbsorbOperation(Shard.empty(newHeader(1)));
  const move = new MoveOperation(V4, recordOf(1));
  const forget = new DropMovedOperation(shardOf([]));

  it('need not look at what others write at the same time', () => {
    for (const operation of [absorb, move, forget]) expect(operation).to.not.have.property('isAppliedIn');
  });

  it('are about one shard, but for a move, which is about a peer', () => {
    for (const operation of [absorb, forget]) expect(operation).to.not.have.property('hash');
    expect(move.hash).to.equal(hashPeerId(recordOf(1)));
  });

  it('need a fresh read only where a move finds nothing to do', () => {
    for (const operation of [absorb, forget]) expect(operation).to.not.have.property('needsFreshRead');
    expect(move.needsFreshRead(shardOf([]))).to.equal(false);
    expect(move.needsFreshRead(shardOf([recordOf(1, { seen: 999 })]))).to.equal(false);
    expect(move.needsFreshRead(shardOf([recordOf(1)]))).to.equal(true);
  });
});
