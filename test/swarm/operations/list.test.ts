import { expect } from 'chai';
import fc from 'fast-check';

import { ListAllOperation, ListOperation } from '../../../lib/swarm/operations/list.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { SEEDER, STOPPED, V4 } from '../../../lib/swarm/shard/peer-record.js';
import { V4_LIST } from '../../../lib/swarm/shard/placement.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { recordOf, type PeerFields } from '../support/peers.js';

const rules = { maxRecords: 3, unwrittenSeconds: 900 };
const listOf = (list: readonly Buffer[]): Shard => shardOf(list, newHeader(V4_LIST));

function listing(number: number, changes: Partial<PeerFields> = {}, isChosen = false): ListOperation {
  return new ListOperation(V4, recordOf(number, changes), isChosen, rules);
}

describe('a list of a rare family', () => {
  const full = listOf([recordOf(1, { seen: 1001 }), recordOf(2), recordOf(3, { seen: 1002 })]);

  it('takes every peer while it has room', () => {
    let list = listOf([]);
    for (const number of [1, 2, 3]) list = listing(number).apply(list);
    expect(recordsOf(list)).to.deep.equal([1, 2, 3].map((number) => recordOf(number)));
  });

  it('takes only chosen peers once it is full, each in place of the oldest', () => {
    expect(listing(4, { seen: 1003 }).apply(full)).to.equal(full);
    const after = listing(4, { seen: 1003 }, true).apply(full);
    expect(recordsOf(after)).to.deep.equal([
      recordOf(1, { seen: 1001 }),
      recordOf(3, { seen: 1002 }),
      recordOf(4, { seen: 1003 }),
    ]);
  });

  it('is not written for a peer that says nothing new and comes soon', () => {
    expect(listing(1, { seen: 1900 }).apply(full)).to.equal(full);
    expect(listing(1, { seen: 1901 }).apply(full)).to.not.equal(full);
    expect(listing(1, { seen: 1002, flags: SEEDER }).apply(full)).to.not.equal(full);
  });

  it('takes every stop, also of a peer that it may only not know of yet', () => {
    const stopped = { flags: STOPPED, seen: 1003 };
    expect(recordsOf(listing(1, stopped).apply(full))).to.deep.include(recordOf(1, stopped));
    expect(recordsOf(listing(4, stopped).apply(full))).to.deep.include(recordOf(4, stopped));
  });

  it('comes to the same when an operation is applied again', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.integer({ min: 990, max: 2000 }), fc.boolean(), (number, seen, isChosen) => {
        const operation = listing(number, { seen }, isChosen);
        const once = operation.apply(full);
        expect(recordsOf(operation.apply(once))).to.deep.equal(recordsOf(once));
      }),
    );
  });

  it('takes the newest of the records that a split made rare', () => {
    const records = shardOf([recordOf(4, { seen: 1003 }), recordOf(5, { seen: 999 })]);
    expect(recordsOf(new ListAllOperation(records, 3).apply(full))).to.deep.equal([
      recordOf(1, { seen: 1001 }),
      recordOf(3, { seen: 1002 }),
      recordOf(4, { seen: 1003 }),
    ]);
  });
});
