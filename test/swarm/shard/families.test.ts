import { expect } from 'chai';

import { isRare, listOf, rareRecords } from '../../../lib/swarm/shard/families.js';
import { V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { V4_LIST, V6_LIST } from '../../../lib/swarm/shard/placement.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { recordOf, v6Of } from '../support/peers.js';
import { upTo } from '../support/swarm-harness.js';

const of4 = (count: number): Buffer[] => upTo(count).map((number) => recordOf(number));
const of6 = (count: number): Buffer[] =>
  upTo(count).map((number) => recordOf(500 + number, { address: v6Of(number) }));
const mixed = (v4: number, v6: number): Shard => shardOf([...of4(v4), ...of6(v6)]);

describe('an address family', () => {
  it('is rare up to a sixth of what a shard may have, if the other one has more', () => {
    expect(isRare(mixed(100, 32), V6, 192)).to.equal(true);
    expect(isRare(mixed(100, 33), V6, 192)).to.equal(false);
    expect(isRare(mixed(32, 100), V4, 192)).to.equal(true);
    expect(isRare(mixed(100, 32), V4, 192)).to.equal(false);
    expect(isRare(mixed(5, 5), V4, 192)).to.equal(false);
    expect(isRare(mixed(20, 0), V4, 192)).to.equal(false);
  });

  it('has its records for its list, if it has any', () => {
    const { layout, records } = rareRecords(mixed(10, 3), 192) ?? expect.fail('none is rare');
    expect(layout).to.equal(V6);
    expect(recordsOf(records)).to.deep.equal(recordsOf(shardOf(of6(3))));
    expect(rareRecords(mixed(10, 0), 192)).to.equal(undefined);
    expect(rareRecords(mixed(100, 90), 192)).to.equal(undefined);
  });

  it('has a list of its own', () => {
    expect([listOf(V4), listOf(V6)]).to.deep.equal([V4_LIST, V6_LIST]);
  });
});
