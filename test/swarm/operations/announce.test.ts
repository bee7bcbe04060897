import { expect } from 'chai';
import fc from 'fast-check';

import { AnnounceOperation, type Announcement } from '../../../lib/swarm/operations/announce.js';
import { COUNTED, PARTIAL_SEED, SEEDER, STOPPED } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId } from '../../../lib/swarm/shard/placement.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { peerIdOf, recordOf, v4Of, v6Of } from '../support/peers.js';

const rules = { peerLifetimeSeconds: 100, unwrittenSeconds: 20 };
/** Seconds, as records have them; operations are given milliseconds. */
const now = 1010;
/** The least difference between two dates, seconds. */
const TICK = 1 / 16;
const ms = (seconds: number): number => seconds * 1000;
const empty = Shard.empty(newHeader(0));

function announce(changes: Partial<Announcement> = {}): AnnounceOperation {
  const announcement: Announcement = {
    infohash: Buffer.alloc(20),
    peerId: peerIdOf(1),
    address: v4Of(1),
    port: 6881,
    state: 'leecher',
    event: 'none',
    ...changes,
  };
  return new AnnounceOperation(announcement, rules);
}

const completes = (changes: Partial<Announcement> = {}): AnnounceOperation =>
  announce({ state: 'seeder', event: 'completed', ...changes });

describe('an announce', () => {
  it('puts the peer into its shard, seen now', () => {
    const shard = announce().apply(empty, ms(now));
    expect(recordsOf(shard)).to.deep.equal([recordOf(1, { seen: now })]);
  });

  it('is about the hash of the peer id', () => {
    expect(announce().hash).to.equal(hashPeerId(peerIdOf(1)));
  });

  it('says whether the peer is a seeder, a partial seed or a leecher', () => {
    const states = { seeder: SEEDER, 'partial-seed': PARTIAL_SEED, leecher: 0 } as const;
    for (const state of ['seeder', 'partial-seed', 'leecher'] as const) {
      for (const address of [v4Of(1), v6Of(1)]) {
        const shard = announce({ state, address }).apply(empty, ms(now));
        expect(recordsOf(shard)).to.deep.equal([recordOf(1, { address, seen: now, flags: states[state] })]);
      }
    }
  });

  it('touches no other peer', () => {
    fc.assert(
      fc.property(shards(0), fc.constantFrom('none', 'started', 'stopped', 'completed'), (shard, event) => {
        const after = announce({ event }).apply(shard, ms(now));
        const others = (version: Shard): Buffer[] =>
          recordsOf(version).filter((record) => !record.subarray(0, 20).equals(peerIdOf(1)));
        expect(others(after)).to.deep.equal(others(shard));
      }),
    );
  });

  it('comes to the same when it is applied again', () => {
    fc.assert(
      fc.property(shards(0), fc.constantFrom('none', 'started', 'stopped', 'completed'), (shard, event) => {
        const operation = announce({ event, state: 'seeder' });
        const once = operation.apply(shard, ms(now));
        expect(recordsOf(operation.apply(once, ms(now)))).to.deep.equal(recordsOf(once));
        expect(operation.isAppliedIn(once)).to.equal(true);
      }),
    );
  });

  it('is never dated before the record it replaces, so that a fast clock does not hide it', () => {
    const ahead = shardOf([recordOf(1, { seen: now + 30, flags: STOPPED })]);
    const shard = announce({ event: 'started' }).apply(ahead, ms(now));
    expect(recordsOf(shard)).to.deep.equal([recordOf(1, { seen: now + 30 + TICK })]);
  });

  it('does not hold in a shard that has lost or outdated its record', () => {
    const operation = announce();
    const shard = operation.apply(empty, ms(now));
    expect(operation.isAppliedIn(shard)).to.equal(true);
    expect(operation.isAppliedIn(empty)).to.equal(false);
    expect(operation.isAppliedIn(shardOf([recordOf(1, { seen: now - 1 })]))).to.equal(false);
  });
});

describe('a re-announce', () => {
  const known = shardOf([recordOf(1, { seen: now - 19 })]);

  it('that says nothing new, and soon, changes nothing', () => {
    const operation = announce();
    expect(operation.apply(known, ms(now))).to.equal(known);
    expect(operation.isAppliedIn(known)).to.equal(true);
  });

  it('refreshes the peer from when it is to be written on', () => {
    expect(recordsOf(announce().apply(known, ms(now + 1)))).to.deep.equal([recordOf(1, { seen: now + 1 })]);
  });

  it('that brings a new state is stored at once', () => {
    const shard = announce({ state: 'seeder' }).apply(known, ms(now));
    expect(recordsOf(shard)).to.deep.equal([recordOf(1, { seen: now, flags: SEEDER })]);
  });

  it('with an event is stored at once', () => {
    expect(recordsOf(announce({ event: 'started' }).apply(known, ms(now)))).to.deep.equal([
      recordOf(1, { seen: now }),
    ]);
  });

  it('is stored if the known record is from a clock that is ahead', () => {
    const ahead = shardOf([recordOf(1, { seen: now + 5 })]);
    expect(recordsOf(announce().apply(ahead, ms(now)))).to.deep.equal([
      recordOf(1, { seen: now + 5 + TICK }),
    ]);
  });
});

describe('a stop', () => {
  const stop = (): AnnounceOperation => announce({ event: 'stopped' });

  it('leaves a tombstone in the place of the peer', () => {
    const shard = stop().apply(shardOf([recordOf(1, { flags: SEEDER | COUNTED })]), ms(now));
    expect(recordsOf(shard)).to.deep.equal([recordOf(1, { seen: now, flags: STOPPED | COUNTED })]);
  });

  it('of a peer that is not there, has expired or has stopped already changes nothing', () => {
    for (const list of [[], [recordOf(1, { seen: now - 100 })], [recordOf(1, { flags: STOPPED })]]) {
      const shard = shardOf(list);
      const operation = stop();
      expect(operation.apply(shard, ms(now))).to.equal(shard);
      expect(operation.isAppliedIn(shard)).to.equal(true);
    }
  });

  it('leaves a tombstone all the same in a shard of several, as the peer may be on its way there', () => {
    const half = Shard.empty({ ...newHeader(0), depth: 1 });
    expect(recordsOf(stop().apply(half, ms(now)))).to.deep.equal([
      recordOf(1, { seen: now, flags: STOPPED }),
    ]);
  });

  it('removes nobody at another address, port or peer id', () => {
    const shard = shardOf([
      recordOf(1, { address: v4Of(2) }),
      recordOf(1, { port: 6882 }),
      recordOf(2, { address: v4Of(1) }),
    ]);
    expect(stop().apply(shard, ms(now))).to.equal(shard);
  });

  it('does not hold where the peer is still there', () => {
    const operation = stop();
    const before = shardOf([recordOf(1)]);
    operation.apply(before, ms(now));
    expect(operation.isAppliedIn(before)).to.equal(false);
  });
});

describe('a completed download', () => {
  const counts = (list: readonly Buffer[], changes: Partial<Announcement> = {}): boolean => {
    const operation = completes(changes);
    operation.apply(shardOf(list), ms(now));
    return operation.countsDownload;
  };

  it('counts when a leecher becomes a seeder, and the peer is marked as counted', () => {
    const operation = completes();
    const shard = operation.apply(shardOf([recordOf(1)]), ms(now));
    expect(operation.countsDownload).to.equal(true);
    expect(recordsOf(shard)).to.deep.equal([recordOf(1, { seen: now, flags: SEEDER | COUNTED })]);
  });

  it('counts for a partial seed that goes on to have all', () => {
    expect(counts([recordOf(1, { flags: PARTIAL_SEED })])).to.equal(true);
  });

  it('does not count without a leecher before it', () => {
    expect(counts([])).to.equal(false);
    expect(counts([recordOf(1, { flags: SEEDER })])).to.equal(false);
    expect(counts([recordOf(1, { flags: STOPPED })])).to.equal(false);
    expect(counts([recordOf(1, { seen: now - 100 })])).to.equal(false);
  });

  it('does not count if there is still something left', () => {
    expect(counts([recordOf(1)], { state: 'leecher' })).to.equal(false);
    expect(counts([recordOf(1)], { state: 'partial-seed' })).to.equal(false);
  });

  it('does not count without the event', () => {
    expect(counts([recordOf(1)], { event: 'none' })).to.equal(false);
    expect(counts([recordOf(1)], { event: 'started' })).to.equal(false);
  });

  it('counts once for a peer that announces it from two addresses', () => {
    const both = [recordOf(1), recordOf(1, { address: v6Of(1) })];
    expect(counts(both)).to.equal(true);
    expect(
      counts([recordOf(1, { flags: SEEDER | COUNTED }), ...both.slice(1)], { address: v6Of(1) }),
    ).to.equal(false);
    expect(
      counts([recordOf(1, { flags: STOPPED | COUNTED }), ...both.slice(1)], { address: v6Of(1) }),
    ).to.equal(false);
    expect(counts([recordOf(1, { flags: SEEDER }), ...both.slice(1)], { address: v6Of(1) })).to.equal(false);
  });

  it('marks the second address, too, so that the peer does not count again at the first', () => {
    const atV6 = { address: v6Of(1) };
    const left = [recordOf(1, { flags: STOPPED | COUNTED }), recordOf(1, atV6)];
    const second = completes(atV6).apply(shardOf(left), ms(now));
    expect(recordsOf(second).at(-1)).to.deep.equal(
      recordOf(1, { ...atV6, seen: now, flags: SEEDER | COUNTED }),
    );
    const gone = announce({ ...atV6, state: 'seeder', event: 'stopped' }).apply(second, ms(now + 1));
    const back = announce({ event: 'started' }).apply(gone, ms(now + 2));
    expect(counts(recordsOf(back))).to.equal(false);
    // Who was a seeder at another address has no download that is counted.
    const seeds = [recordOf(1, { flags: SEEDER }), recordOf(1, atV6)];
    expect(recordsOf(completes(atV6).apply(shardOf(seeds), ms(now))).at(-1)).to.deep.equal(
      recordOf(1, { ...atV6, seen: now, flags: SEEDER }),
    );
  });

  it('counts for a peer that was a leecher at its other address only', () => {
    expect(counts([recordOf(1, { address: v6Of(1) })])).to.equal(true);
  });

  it('counts whatever other peers are and did', () => {
    expect(
      counts([recordOf(0, { flags: SEEDER }), recordOf(1), recordOf(2, { flags: SEEDER | COUNTED })]),
    ).to.equal(true);
  });

  it('stays marked as long as the peer stays', () => {
    const counted = shardOf([recordOf(1, { flags: SEEDER | COUNTED })]);
    expect(recordsOf(announce({ state: 'seeder' }).apply(counted, ms(now)))).to.deep.equal(
      recordsOf(counted),
    );
    const later = announce({ state: 'seeder' }).apply(counted, ms(now + 20));
    expect(recordsOf(later)).to.deep.equal([recordOf(1, { seen: now + 20, flags: SEEDER | COUNTED })]);
    expect(counts(recordsOf(later))).to.equal(false);
    expect(counts([recordOf(1, { flags: COUNTED })])).to.equal(false);
  });

  it('is decided once, whatever the states are that it is applied to again', () => {
    const operation = completes();
    const counted = operation.apply(shardOf([recordOf(1)]), ms(now));
    operation.apply(counted, ms(now));
    operation.apply(empty, ms(now));
    expect(operation.countsDownload).to.equal(true);
    const other = completes();
    other.apply(empty, ms(now));
    other.apply(shardOf([recordOf(1)]), ms(now));
    expect(other.countsDownload).to.equal(false);
  });
});

describe('a remembered state', () => {
  const there = shardOf([recordOf(1)]);
  const needsFreshRead = (event: Announcement['event'], shard: Shard): boolean =>
    announce({ event }).needsFreshRead(shard, ms(now));

  it('is doubted for a stop of a peer that is not there, a start of one that is, and a completed download', () => {
    expect(needsFreshRead('stopped', empty)).to.equal(true);
    expect(needsFreshRead('started', there)).to.equal(true);
    expect(needsFreshRead('completed', there)).to.equal(true);
    expect(needsFreshRead('completed', empty)).to.equal(true);
  });

  it('is believed otherwise', () => {
    expect(needsFreshRead('stopped', there)).to.equal(false);
    expect(needsFreshRead('started', empty)).to.equal(false);
    expect(needsFreshRead('none', there)).to.equal(false);
    expect(needsFreshRead('none', empty)).to.equal(false);
  });

  it('takes an expired or stopped peer for one that is not there', () => {
    for (const gone of [recordOf(1, { seen: now - 100 }), recordOf(1, { flags: STOPPED })]) {
      expect(needsFreshRead('stopped', shardOf([gone]))).to.equal(true);
      expect(needsFreshRead('started', shardOf([gone]))).to.equal(false);
    }
  });
});
