import { expect } from 'chai';
import fc from 'fast-check';

import { countOwned, dropExpired, dropOldest, filter, isLive, splitShard } from '../../../lib/swarm/shard/filter.js';
import { dateOf, layoutOf, SEEDER, STOPPED, V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { childOf, hashPeerId, shardAt } from '../../../lib/swarm/shard/placement.js';
import { newHeader, ownsRecord } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { recordOf, v6Of } from '../support/peers.js';

const n = 2;
const texts = (list: readonly Buffer[]): string[] => list.map((record) => record.toString('hex')).sort();
const seenAt = (record: Buffer): number => record.readUInt32BE(record.length - 5);
const dateOfRecord = (record: Buffer): number => dateOf(record, 0, layoutOf(record.subarray(20, -7)));
const deadlines = fc.integer({ min: 995, max: 1025 });
/** Decoding fails if a header, a number or an offset is not right. */
const stored = (shard: Shard): Shard => Shard.decode(Buffer.from(shard.withHeader(shard.header).seal()));

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

describe('dropping expired records', () => {
  it('leaves those seen after the deadline and no others, tombstones or not', () => {
    fc.assert(
      fc.property(shards(n), deadlines, (shard, deadline) => {
        const left = dropExpired(n, shard, deadline);
        const expected = recordsOf(shard).filter((record) => seenAt(record) > deadline);
        expect(recordsOf(stored(left))).to.deep.equal(expected);
      }),
    );
  });

  it('drops a record that was put in after the others and seen before them', () => {
    const shard = dropExpired(n, shardOf([recordOf(1, { seen: 1000 })]), 900);
    const late = recordOf(2, { seen: 950 });
    for (const more of [shard.with(V4, late), shard.put(V4, late)]) {
      expect(dropExpired(n, more, 949).count).to.equal(2);
      expect(recordsOf(dropExpired(n, more, 950))).to.deep.equal([recordOf(1, { seen: 1000 })]);
    }
  });

  it('knows afterwards whether strays are left', () => {
    fc.assert(
      fc.property(shards(n), deadlines, (shard, deadline) => {
        const left = dropExpired(n, shard, deadline);
        const strays = recordsOf(left).some((record) => !ownsRecord(left.header, n, record, 0));
        expect(left.header.strays).to.equal(strays);
      }),
    );
  });

  it('gives the shard itself if nothing has expired', () => {
    const shard = shardOf([recordOf(1)]);
    expect(dropExpired(0, shard, 999)).to.equal(shard);
    expect(dropExpired(0, shard, 1000).count).to.equal(0);
  });
});

describe('splitting a shard', () => {
  it('loses nobody and has nobody twice', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const { stays, goes } = splitShard(n, shard);
        expect(texts([...recordsOf(stored(stays)), ...recordsOf(stored(goes))])).to.deep.equal(
          texts(recordsOf(shard)),
        );
      }),
    );
  });

  it('gives the child exactly the peers that belong into it', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const { goes, child } = splitShard(n, shard);
        const depth = shard.header.depth + 1;
        const expected = recordsOf(shard).filter((record) => shardAt(hashPeerId(record), depth) === child);
        expect(child).to.equal(childOf(n, shard.header.depth));
        expect(recordsOf(goes)).to.deep.equal(expected);
        expect(goes.header).to.deep.equal({ ...newHeader(child), depth });
      }),
    );
  });

  it('deepens the parent by one bit and leaves strays with it', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const { stays } = splitShard(n, shard);
        expect(stays.header).to.deep.equal({ ...shard.header, depth: shard.header.depth + 1 });
        if (shard.header.forwarding) return;
        const strays = (version: Shard): number => version.count - countOwned(n, version);
        expect(strays(stays)).to.equal(strays(shard));
      }),
    );
  });
});

describe('dropping the oldest records', () => {
  it('leaves no more than the limit of those that belong there, none of them older than one that went, and all strays', () => {
    fc.assert(
      fc.property(shards(n), fc.nat(20), (shard, limit) => {
        const left = dropOldest(n, shard, limit);
        expect(countOwned(n, left)).to.equal(Math.min(limit, countOwned(n, shard)));
        const kept = new Set(texts(recordsOf(left)));
        const gone = recordsOf(shard).filter((record) => !kept.has(record.toString('hex')));
        const youngestGone = Math.max(0, ...gone.map(dateOfRecord));
        for (const record of recordsOf(shard)) {
          if (!ownsRecord(shard.header, n, record, 0)) expect(kept).to.include(record.toString('hex'));
          else if (kept.has(record.toString('hex'))) {
            expect(dateOfRecord(record)).to.be.at.least(youngestGone);
          }
        }
      }),
    );
  });
});

describe('counting the records that a shard is responsible for', () => {
  it('leaves out strays', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const owned = recordsOf(shard).filter((record) => ownsRecord(shard.header, n, record, 0));
        expect(countOwned(n, shard)).to.equal(owned.length);
      }),
    );
  });
});

describe('a live peer', () => {
  it('was seen after the deadline and has not stopped', () => {
    expect(isLive(recordOf(1, { flags: SEEDER }), 0, V4, 999)).to.equal(true);
    expect(isLive(recordOf(1), 0, V4, 1000)).to.equal(false);
    expect(isLive(recordOf(1, { flags: STOPPED }), 0, V4, 999)).to.equal(false);
    expect(isLive(recordOf(1, { address: v6Of(1), flags: STOPPED | SEEDER }), 0, V6, 999)).to.equal(false);
  });
});
