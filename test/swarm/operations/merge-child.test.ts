import { expect } from 'chai';
import fc from 'fast-check';

import { withMisplacedFlag } from '../../../lib/swarm/shard/merge.js';
import { AbsorbOperation, MAX_ABSORPTIONS } from '../../../lib/swarm/operations/relocation.js';
import { newHeader, ownsRecord, type ShardHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import {
  FinishSplitOperation,
  ForwardOperation,
  PruneOperation,
  MergeChildOperation,
} from '../../../lib/swarm/operations/merge-child.js';
import { recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { numbersIn, recordOf } from '../support/peers.js';

const LIFETIME = 100;
const NOW = 1_010_000;
const hex = (list: readonly Buffer[]): string[] => list.map((record) => record.toString('hex'));

function expectMisplacedFlag(shard: Shard): void {
  const misplaced = recordsOf(shard).some((record) => !ownsRecord(shard.header, record, 0));
  expect(shard.header.misplaced).to.equal(misplaced);
}

function shardWith(n: number, header: Partial<ShardHeader>, list: readonly Buffer[]): Shard {
  return withMisplacedFlag(shardOf(list, { ...newHeader(n), ...header }));
}

describe('pruning a shard', () => {
  it('drops what has expired and nothing else', () => {
    fc.assert(
      fc.property(shards(2), fc.integer({ min: 1095, max: 1125 }), (shard, now) => {
        const pruned = new PruneOperation(LIFETIME).apply(shard, now * 1000);
        const live = recordsOf(shard).filter(
          (record) => record.readUInt32BE(record.length - 5) > now - LIFETIME,
        );
        expect(hex(recordsOf(pruned))).to.deep.equal(hex(live));
        expect({ ...pruned.header, misplaced: false }).to.deep.equal({ ...shard.header, misplaced: false });
        expectMisplacedFlag(pruned);
      }),
    );
  });

  it('is always written, as that makes one value of siblings', () => {
    const shard = shardOf([recordOf(1)]);
    expect(new PruneOperation(LIFETIME).apply(shard, NOW)).to.not.equal(shard);
  });

  it('dates a root that becomes empty by it, whenever that was empty before', () => {
    const before = shardOf([recordOf(1)], { ...newHeader(0), forwardingSince: 5 });
    const now = 1200;
    const emptied = new PruneOperation(LIFETIME).apply(before, now * 1000);
    expect(emptied.header).to.deep.equal({ ...newHeader(0), forwardingSince: now });
    const part = shardOf([recordOf(1)], { ...newHeader(0), depth: 1, forwardingSince: 5 });
    expect(new PruneOperation(LIFETIME).apply(part, now * 1000).header.forwardingSince).to.equal(5);
  });
});

describe('finishing a split', () => {
  const [stays, goes] = [numbersIn(0, 1, 3), numbersIn(1, 1, 3)].map((numbers) =>
    numbers.map((number) => recordOf(number)),
  ) as [Buffer[], Buffer[]];

  it('deepens the parent, so that what belongs to the child is a misplaced record', () => {
    const parent = shardOf([...stays, ...goes]);
    const after = new FinishSplitOperation(1).apply(parent);
    expect(after.header).to.deep.equal({ ...newHeader(0), depth: 1, misplaced: true });
    expect(hex(recordsOf(after))).to.deep.equal(hex(recordsOf(parent)));
  });

  it('finds no misplaced records where the child has taken its peers', () => {
    const after = new FinishSplitOperation(1).apply(shardOf(stays));
    expect(after.header).to.deep.equal({ ...newHeader(0), depth: 1 });
  });

  it('leaves a parent that says so already, is shallower, or forwards', () => {
    for (const header of [{ depth: 2 }, { depth: 3 }, { depth: 1, forwarding: true, forwardingSince: 1 }]) {
      const parent = shardWith(1, header, goes);
      expect(new FinishSplitOperation(3).apply(parent)).to.equal(parent);
    }
    const shallow = shardWith(0, { depth: 0 }, stays);
    expect(new FinishSplitOperation(2).apply(shallow)).to.equal(shallow);
  });
});

describe('a shard that merges its youngest child', () => {
  it('has the peers of both, the newer record of each, in a new generation and one less deep', () => {
    fc.assert(
      fc.property(shards(0), shards(1), (any, child) => {
        const parent = shardWith(0, { generation: any.header.generation, depth: 1 }, recordsOf(any));
        const after = new MergeChildOperation(child).apply(parent);
        const both = shardOf([...recordsOf(parent), ...recordsOf(child)]);
        expect(hex(recordsOf(after))).to.deep.equal(hex(recordsOf(both)));
        expect(after.header).to.deep.equal({
          ...parent.header,
          generation: parent.header.generation + 1,
          depth: 0,
          misplaced: false,
        });
      }),
    );
  });

  it('takes from one that another purge merged already, as that may have had less', () => {
    const [known, more] = [recordOf(1), recordOf(2)];
    const parent = shardWith(0, { generation: 1 }, [known]);
    const after = new MergeChildOperation(shardWith(1, {}, [more])).apply(parent);
    expect(hex(recordsOf(after))).to.have.members(hex([known, more]));
    expect(after.header).to.include({ depth: 0, generation: 2 });
  });

  it('leaves it where it is if it split on since, or forwards', () => {
    for (const header of [{ depth: 2 }, { depth: 1, forwarding: true, forwardingSince: 1 }]) {
      const parent = shardWith(0, header, [recordOf(1)]);
      expect(new MergeChildOperation(shardOf([recordOf(2)], newHeader(1))).apply(parent)).to.equal(parent);
    }
  });

  it('comes to the same when it is applied again', () => {
    fc.assert(
      fc.property(shards(1), (child) => {
        const operation = new MergeChildOperation(child);
        const once = operation.apply(shardWith(0, { depth: 1 }, []));
        expect(hex(recordsOf(operation.apply(once)))).to.deep.equal(hex(recordsOf(once)));
      }),
    );
  });
});

describe('a child that was merged into its parent', () => {
  const taken = shardWith(1, {}, [recordOf(1), recordOf(2)]);

  it('forwards from now on, in a new generation, and is empty', () => {
    const after = new ForwardOperation(taken).apply(taken, NOW);
    expect(recordsOf(after)).to.deep.equal([]);
    expect(after.header).to.deep.equal({
      ...newHeader(1),
      generation: 1,
      forwarding: true,
      forwardingSince: NOW / 1000,
    });
  });

  it('keeps as misplaced records what was announced to it since', () => {
    const since = [recordOf(2, { seen: 1005 }), recordOf(3)];
    const child = shardWith(1, {}, [recordOf(1), ...since]);
    const after = new ForwardOperation(taken).apply(child, NOW);
    expect(hex(recordsOf(after))).to.deep.equal(hex(recordsOf(shardOf(since))));
    expect(after.header).to.include({ forwarding: true, misplaced: true });
  });

  it('never drops a record that was not taken, or not as new', () => {
    fc.assert(
      fc.property(shards(1), shards(1), (before, since) => {
        const child = new AbsorbOperation(since).apply(before);
        const same = child.withHeader({ ...before.header, absorptions: before.header.absorptions });
        const after = new ForwardOperation(before).apply(same, NOW);
        const [had, left] = [new Set(hex(recordsOf(before))), hex(recordsOf(after))];
        const unknown = hex(recordsOf(same)).filter((record) => !had.has(record));
        expect(left).to.include.members(unknown);
      }),
    );
  });

  it('is left alone if it split, absorbed, came to life anew or forwards already', () => {
    for (const header of [
      { depth: 2 },
      { absorptions: 1 },
      { generation: 1 },
      { forwarding: true, forwardingSince: 1 },
    ]) {
      const child = shardWith(1, header, [recordOf(1)]);
      expect(new ForwardOperation(taken).apply(child, NOW)).to.equal(child);
    }
  });

  it('is left alone once its absorptions are no longer counted', () => {
    const child = shardWith(1, { absorptions: MAX_ABSORPTIONS }, [recordOf(1)]);
    expect(new ForwardOperation(child).apply(child, NOW)).to.equal(child);
  });
});

describe('the steps of shrinking', () => {
  const shard = Shard.empty(newHeader(1));
  const steps = [
    new PruneOperation(LIFETIME),
    new FinishSplitOperation(1),
    new MergeChildOperation(shard),
    new ForwardOperation(shard),
  ];

  it('are about one shard, need no fresh read, and need not look at what others write', () => {
    for (const step of steps) {
      expect(step).to.not.have.any.keys('hash');
      for (const hook of ['needsFreshRead', 'isAppliedIn']) expect(step).to.not.have.property(hook);
    }
  });
});
