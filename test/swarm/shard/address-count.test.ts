import { expect } from 'chai';

import { addressLimit, hasManyOfAddress } from '../../../lib/swarm/shard/address-count.js';
import { STOPPED, V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { shardOf } from '../../support/swarm-arbitraries.js';
import { recordOf, v4Of, v6Of } from '../support/peers.js';

describe('the peers of one address in a shard', () => {
  it('are those that are not expired, also of peers that left', () => {
    const address = v4Of(1);
    const shard = shardOf([
      ...Array.from({ length: 6 }, (_, n) => recordOf(n, { address, port: 1000 + n, seen: 1000 + n })),
      recordOf(7, { address, seen: 1010, flags: STOPPED }),
      ...Array.from({ length: 20 }, (_, n) => recordOf(100 + n)),
      recordOf(200, { address: v6Of(1) }),
    ]);
    const record = recordOf(9, { address });
    expect(hasManyOfAddress(shard, V4, record, 7, 0)).to.equal(true);
    expect(hasManyOfAddress(shard, V4, record, 8, 0)).to.equal(false);
    // Seen in second 1001 or before: expired.
    expect(hasManyOfAddress(shard, V4, record, 5, 1001)).to.equal(true);
    expect(hasManyOfAddress(shard, V4, record, 6, 1001)).to.equal(false);
    expect(hasManyOfAddress(shard, V4, recordOf(300), 1, 0)).to.equal(false);
  });

  it('are those of its network of 64 bits with IPv6', () => {
    const other = v6Of(1);
    other[7] = 1;
    const shard = shardOf([
      ...[1, 2, 3].map((n) => recordOf(n, { address: v6Of(n) })),
      recordOf(4, { address: other }),
      recordOf(5),
    ]);
    expect(hasManyOfAddress(shard, V6, recordOf(9, { address: v6Of(9) }), 3, 0)).to.equal(true);
    expect(hasManyOfAddress(shard, V6, recordOf(9, { address: v6Of(9) }), 4, 0)).to.equal(false);
    expect(hasManyOfAddress(shard, V6, recordOf(9, { address: other }), 2, 0)).to.equal(false);
  });

  it('may be fewer in each shard of a larger swarm, but some', () => {
    expect([0, 1, 2, 3, 5, 10].map((depth) => addressLimit(64, depth))).to.deep.equal([64, 64, 32, 16, 4, 4]);
    expect(addressLimit(2, 1)).to.equal(4);
  });
});
