import { expect } from 'chai';
import fc from 'fast-check';

import { withStraysKnown } from '../../../lib/swarm/shard/merge.js';
import { V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId } from '../../../lib/swarm/shard/placement.js';
import {
  AdoptOperation,
  ForgetStraysOperation,
  MOST_ADOPTIONS,
  MoveOperation,
  straysOf,
} from '../../../lib/swarm/operations/relocation.js';
import { ownsRecord, newHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { records, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { numbersIn, recordOf, v6Of } from '../support/peers.js';

const n = 2;
const texts = (list: readonly Buffer[]): string[] => list.map((record) => record.toString('hex')).sort();

describe('a child that adopts what its parent splits off', () => {
  it('has its own peers and those of the parent, the newer record of each, under its own header', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (child, split) => {
        const after = new AdoptOperation(n, split).apply(child);
        const both = shardOf([...recordsOf(child), ...recordsOf(split)]);
        expect(recordsOf(after)).to.deep.equal(recordsOf(both));
        const strays = recordsOf(after).some((record) => !ownsRecord(after.header, n, record, 0));
        expect(after.header).to.deep.equal({
          ...child.header,
          adoptions: child.header.adoptions + 1,
          strays,
        });
      }),
    );
  });

  it('is written even without peers, as its parent no longer answers for it', () => {
    const child = Shard.empty(newHeader(1));
    expect(new AdoptOperation(1, Shard.empty(newHeader(1))).apply(child)).to.not.equal(child);
  });

  it('counts how often it did, up to 255', () => {
    for (const [adoptions, expected] of [
      [0, 1],
      [254, 255],
      [255, 255],
    ] as const) {
      const child = Shard.empty({ ...newHeader(1), adoptions });
      const { header } = new AdoptOperation(1, Shard.empty(newHeader(1))).apply(child);
      expect(header.adoptions).to.equal(expected);
    }
    expect(MOST_ADOPTIONS).to.equal(255);
  });

  it('comes to the same when it adopts twice', () => {
    fc.assert(
      fc.property(shards(n), shards(n), (child, split) => {
        const adopt = new AdoptOperation(n, split);
        const once = adopt.apply(child);
        expect(recordsOf(adopt.apply(once))).to.deep.equal(recordsOf(once));
      }),
    );
  });
});

describe('the strays of a shard', () => {
  it('are the records that it is not responsible for', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const moves = straysOf(n, shard);
        let target = Shard.empty(newHeader(0));
        for (const move of moves) target = move.apply(target);
        const strays = recordsOf(shard).filter((record) => !ownsRecord(shard.header, n, record, 0));
        expect(recordsOf(target)).to.deep.equal(strays);
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
        const now = new AdoptOperation(n, shardOf(since)).apply(moved);
        const left = new ForgetStraysOperation(n, moved).apply(now);
        const before = new Set(texts(recordsOf(moved)));
        const expected = recordsOf(now).filter(
          (record) => ownsRecord(now.header, n, record, 0) || !before.has(record.toString('hex')),
        );
        expect(recordsOf(left)).to.deep.equal(expected);
        const strays = recordsOf(left).some((record) => !ownsRecord(left.header, n, record, 0));
        expect(left.header.strays).to.equal(strays);
      }),
    );
  });

  it('are not forgotten if they became strays only since, by a split', () => {
    const [stays = 0, goes = 0] = [numbersIn(0, 1, 1), numbersIn(1, 1, 1)].flat();
    const moved = shardOf([recordOf(stays), recordOf(goes)]);
    const since = withStraysKnown(0, moved.withHeader({ ...moved.header, depth: 1 }));
    expect(since.header.strays).to.equal(true);
    expect(recordsOf(new ForgetStraysOperation(0, moved).apply(since))).to.deep.equal(recordsOf(since));
  });

  it('leave the bytes of what is stored as they are, though the shard only said that it had some', () => {
    const shard = shardOf([recordOf(1)], { ...newHeader(0), strays: true });
    const bytes = shard.seal();
    const before = Buffer.from(bytes);
    const cleared = new ForgetStraysOperation(0, shard).apply(shard);
    expect(cleared.header.strays).to.equal(false);
    cleared.seal();
    expect(bytes).to.deep.equal(before);
  });

  it('leave a shard that has none any more the same object', () => {
    const shard = shardOf([recordOf(1)]);
    expect(new ForgetStraysOperation(0, shard).apply(shard)).to.equal(shard);
  });
});

describe('moving, adopting and forgetting', () => {
  const adopt = new AdoptOperation(1, Shard.empty(newHeader(1)));
  const move = new MoveOperation(V4, recordOf(1));
  const forget = new ForgetStraysOperation(0, shardOf([]));

  it('hold whatever others write at the same time', () => {
    expect([adopt, move, forget].map((operation) => operation.holds())).to.deep.equal([true, true, true]);
  });

  it('are about one shard, but for a move, which is about a peer', () => {
    expect([adopt.hash, forget.hash]).to.deep.equal([undefined, undefined]);
    expect(move.hash).to.equal(hashPeerId(recordOf(1)));
  });

  it('doubt a remembered state only where a move finds nothing to do', () => {
    expect([adopt, forget].map((operation) => operation.doubts())).to.deep.equal([false, false]);
    expect(move.doubts(shardOf([]))).to.equal(false);
    expect(move.doubts(shardOf([recordOf(1, { seen: 999 })]))).to.equal(false);
    expect(move.doubts(shardOf([recordOf(1)]))).to.equal(true);
  });
});
