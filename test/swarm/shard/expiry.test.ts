import { expect } from 'chai';
import fc from 'fast-check';

import { dropExpired, isLive } from '../../../lib/swarm/shard/expiry.js';
import { ownsRecord } from '../../../lib/swarm/shard/header.js';
import { SEEDER, STOPPED, V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { recordOf, v6Of } from '../support/peers.js';

const n = 2;
const seenAt = (record: Buffer): number => record.readUInt32BE(record.length - 5);
const expiryCutoffs = fc.integer({ min: 995, max: 1025 });
/** Decoding fails if a header, a number or an offset is not right. */
const stored = (shard: Shard): Shard =>
  Shard.decode(shard.number, Buffer.from(shard.withHeader(shard.header).seal()));

describe('dropping expired records', () => {
  it('leaves those seen after the expiry cutoff and no others, tombstones or not', () => {
    fc.assert(
      fc.property(shards(n), expiryCutoffs, (shard, expiryCutoff) => {
        const left = dropExpired(shard, expiryCutoff);
        const expected = recordsOf(shard).filter((record) => seenAt(record) > expiryCutoff);
        expect(recordsOf(stored(left))).to.deep.equal(expected);
      }),
    );
  });

  it('drops a record that was put in after the others and seen before them', () => {
    const shard = dropExpired(shardOf([recordOf(1, { seen: 1000 })]), 900);
    const late = recordOf(2, { seen: 950 });
    for (const more of [shard.with(V4, late), shard.put(V4, late)]) {
      expect(dropExpired(more, 949).count).to.equal(2);
      expect(recordsOf(dropExpired(more, 950))).to.deep.equal([recordOf(1, { seen: 1000 })]);
    }
  });

  it('knows afterwards whether misplaced records are left', () => {
    fc.assert(
      fc.property(shards(n), expiryCutoffs, (shard, expiryCutoff) => {
        const left = dropExpired(shard, expiryCutoff);
        const misplaced = recordsOf(left).some((record) => !ownsRecord(left.header, record, 0));
        expect(left.header.misplaced).to.equal(misplaced);
      }),
    );
  });

  it('gives the shard itself if nothing has expired', () => {
    const shard = shardOf([recordOf(1)]);
    expect(dropExpired(shard, 999)).to.equal(shard);
    expect(dropExpired(shard, 1000).count).to.equal(0);
  });
});

describe('a live peer', () => {
  it('was seen after the expiry cutoff and has not stopped', () => {
    expect(isLive(recordOf(1, { flags: SEEDER }), 0, V4, 999)).to.equal(true);
    expect(isLive(recordOf(1), 0, V4, 1000)).to.equal(false);
    expect(isLive(recordOf(1, { flags: STOPPED }), 0, V4, 999)).to.equal(false);
    expect(isLive(recordOf(1, { address: v6Of(1), flags: STOPPED | SEEDER }), 0, V6, 999)).to.equal(false);
  });
});
