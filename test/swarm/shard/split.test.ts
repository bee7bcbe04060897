import { expect } from 'chai';
import fc from 'fast-check';

import { newHeader, ownsRecord } from '../../../lib/swarm/shard/header.js';
import { dateOf, layoutOf } from '../../../lib/swarm/shard/peer-record.js';
import { childOf, hashPeerId, shardAt } from '../../../lib/swarm/shard/placement.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { countOwned, dropOldest, splitShard } from '../../../lib/swarm/shard/split.js';
import { recordsOf, shards } from '../../support/swarm-arbitraries.js';

const n = 2;
const texts = (list: readonly Buffer[]): string[] => list.map((record) => record.toString('hex')).sort();
const dateOfRecord = (record: Buffer): number => dateOf(record, 0, layoutOf(record.subarray(20, -7)));
/** Decoding fails if a header, a number or an offset is not right. */
const stored = (shard: Shard): Shard =>
  Shard.decode(shard.number, Buffer.from(shard.withHeader(shard.header).seal()));

describe('splitting a shard', () => {
  it('loses nobody and has nobody twice', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const { parent: stays, child: goes } = splitShard(shard);
        expect(texts([...recordsOf(stored(stays)), ...recordsOf(stored(goes))])).to.deep.equal(
          texts(recordsOf(shard)),
        );
      }),
    );
  });

  it('gives the child exactly the peers that belong into it', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const { child: goes } = splitShard(shard);
        const child = goes.number;
        const depth = shard.header.depth + 1;
        const expected = recordsOf(shard).filter((record) => shardAt(hashPeerId(record), depth) === child);
        expect(child).to.equal(childOf(n, shard.header.depth));
        expect(recordsOf(goes)).to.deep.equal(expected);
        expect(goes.header).to.deep.equal({ ...newHeader(child), depth });
      }),
    );
  });

  it('deepens the parent by one bit and leaves misplaced records with it', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const { parent: stays } = splitShard(shard);
        expect(stays.header).to.deep.equal({ ...shard.header, depth: shard.header.depth + 1 });
        if (shard.header.forwarding) return;
        const misplaced = (version: Shard): number => version.count - countOwned(version);
        expect(misplaced(stays)).to.equal(misplaced(shard));
      }),
    );
  });
});

describe('dropping the oldest records', () => {
  it('leaves no more than the limit of those that belong there, none of them older than one that went, and all misplaced records', () => {
    fc.assert(
      fc.property(shards(n), fc.nat(20), (shard, limit) => {
        const left = dropOldest(shard, limit);
        expect(countOwned(left)).to.equal(Math.min(limit, countOwned(shard)));
        const kept = new Set(texts(recordsOf(left)));
        const gone = recordsOf(shard).filter((record) => !kept.has(record.toString('hex')));
        const youngestGone = Math.max(0, ...gone.map(dateOfRecord));
        for (const record of recordsOf(shard)) {
          if (!ownsRecord(shard.header, record, 0)) expect(kept).to.include(record.toString('hex'));
          else if (kept.has(record.toString('hex'))) {
            expect(dateOfRecord(record)).to.be.at.least(youngestGone);
          }
        }
      }),
    );
  });
});

describe('counting the records that a shard is responsible for', () => {
  it('leaves out misplaced records', () => {
    fc.assert(
      fc.property(shards(n), (shard) => {
        const owned = recordsOf(shard).filter((record) => ownsRecord(shard.header, record, 0));
        expect(countOwned(shard)).to.equal(owned.length);
      }),
    );
  });
});
