import { expect } from 'chai';
import fc from 'fast-check';

import { filter } from '../../../lib/swarm/shard/filter.js';
import { hashPeerId } from '../../../lib/swarm/shard/placement.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { recordOf, v6Of } from '../support/peers.js';

const n = 2;
/** Decoding fails if a header, a number or an offset is not right. */
const stored = (shard: Shard): Shard =>
  Shard.decode(shard.number, Buffer.from(shard.withHeader(shard.header).seal()));

describe('filtering a shard', () => {
  it('keeps the records that are wanted, in order', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const even = filter(shard, (bytes, at) => hashPeerId(bytes, at) % 2 === 0);
        const expected = recordsOf(shard).filter((record) => hashPeerId(record) % 2 === 0);
        expect(recordsOf(stored(even))).to.deep.equal(expected);
      }),
    );
  });

  it('gives the shard itself if all records are wanted under its own header', () => {
    const shard = shardOf([recordOf(1), recordOf(2, { address: v6Of(2) })]);
    expect(filter(shard, () => true)).to.equal(shard);
    expect(filter(shard, () => true, { ...shard.header, depth: 1 }).header.depth).to.equal(1);
  });
});
