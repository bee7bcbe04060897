import { expect } from 'chai';
import fc from 'fast-check';

import {
  dropExpired,
  isLive,
  MAX_CLOCK_SKEW_SECONDS,
  withoutFutureDates,
} from '../../../lib/swarm/shard/expiry.js';
import { newHeader, ownsRecord } from '../../../lib/swarm/shard/header.js';
import {
  dateOf,
  layoutOfRecord,
  SEEDER,
  STOPPED,
  toTicks,
  V4,
  V6,
} from '../../../lib/swarm/shard/peer-record.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { dated, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
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

describe('dates from the future', () => {
  const NOW = 1_010_000;
  const dateOfRecord = (record: Buffer): number => dateOf(record, 0, layoutOfRecord(record));

  it('are brought back to now, and no others', () => {
    fc.assert(
      fc.property(shards(n), fc.integer({ min: 930_000, max: 1_030_000 }), (shard, now) => {
        const latest = Math.floor(now / 1000) + MAX_CLOCK_SKEW_SECONDS;
        const after = withoutFutureDates(shard, now);
        const expected = recordsOf(shard).map((record) =>
          seenAt(record) > latest ? dated(record, toTicks(now)) : record,
        );
        expect(recordsOf(stored(after))).to.deep.equal(expected);
        expect(withoutFutureDates(after, now)).to.equal(after);
      }),
    );
  });

  it('leave the bytes of what is stored as they are', () => {
    const shard = shardOf([recordOf(1, { seen: 5000 })]);
    const before = Buffer.from(shard.seal());
    expect(withoutFutureDates(shard, NOW)).to.not.equal(shard);
    expect(shard.bytes).to.deep.equal(before);
  });

  it('are found in whatever way a record came in', () => {
    const known = withoutFutureDates(shardOf([recordOf(1), recordOf(2)]), NOW);
    const late = recordOf(1, { seen: 5000 });
    for (const shard of [
      known.with(V4, late),
      known.put(V4, late),
      known.put(V4, recordOf(3)).put(V4, late),
    ]) {
      const [record = late] = recordsOf(withoutFutureDates(shard, NOW));
      expect(dateOfRecord(record)).to.equal(toTicks(NOW));
    }
  });

  it('are of a header that forwards, too', () => {
    const shard = shardOf([], { ...newHeader(1), forwarding: true, forwardingSince: 5000 });
    expect(withoutFutureDates(shard, NOW).header.forwardingSince).to.equal(1010);
    const right = shardOf([], { ...newHeader(1), forwarding: true, forwardingSince: 1000 });
    expect(withoutFutureDates(right, NOW)).to.equal(right);
  });
});
