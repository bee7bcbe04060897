import { expect } from 'chai';
import fc from 'fast-check';

import {
  addCounts,
  countChanged,
  countedPeer,
  countPeers,
  extrapolate,
  NO_PEERS,
  type PeerCounts,
} from '../../../lib/swarm/shard/counts.js';
import { dropExpired } from '../../../lib/swarm/shard/expiry.js';
import {
  PARTIAL_SEED,
  SEEDER,
  STOPPED,
  V4,
  V6,
  type RecordLayout,
} from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId, shardAt } from '../../../lib/swarm/shard/placement.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { defined } from '../../support/defined.js';
import { records, recordsOf, shardOf, shards } from '../../support/swarm-arbitraries.js';
import { peerIdOf, recordOf, v4Of, v6Of } from '../support/peers.js';

/** The counts as an object a peer would give them. */
function counted(n: number, shard: Shard, expiryCutoff: number): PeerCounts {
  const best = new Map<string, number>();
  for (const record of recordsOf(shard)) {
    const { depth, forwarding } = shard.header;
    if (forwarding || shardAt(hashPeerId(record), depth) !== n) continue;
    const flags = record.readUInt8(record.length - 1) & 15;
    if (record.readUInt32BE(record.length - 5) <= expiryCutoff || (flags & STOPPED) !== 0) continue;
    const rank = (flags & SEEDER) !== 0 ? 3 : (flags & PARTIAL_SEED) !== 0 ? 1 : 2;
    const peerId = record.toString('hex', 0, 20);
    best.set(peerId, Math.max(rank, best.get(peerId) ?? 0));
  }
  const of = (rank: number): number => [...best.values()].filter((each) => each === rank).length;
  return { seeders: of(3), leechers: of(2), partialSeeds: of(1) };
}

const seenOf = (record: Buffer): number => record.readUInt32BE(record.length - 5);
const layoutFor = (record: Buffer): RecordLayout => (record.length === V4.size ? V4 : V6);

const expiryCutoffs = fc.integer({ min: 995, max: 1025 });

describe('counting the peers of a shard', () => {
  it('gives what counting peer by peer gives', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 60 }), expiryCutoffs, (list, expiryCutoff) => {
        const shard = shardOf(list);
        expect(countPeers(shard, expiryCutoff)).to.deep.equal(counted(0, shard, expiryCutoff));
      }),
    );
  });

  it('gives the same however often and for whatever moments it was asked before', () => {
    fc.assert(
      fc.property(
        fc.array(records, { maxLength: 60 }),
        fc.array(expiryCutoffs, { maxLength: 8 }),
        (list, moments) => {
          const shard = shardOf(list);
          for (const expiryCutoff of moments) {
            expect(countPeers(shard, expiryCutoff), `${expiryCutoff}`).to.deep.equal(
              counted(0, shard, expiryCutoff),
            );
            // Whether anything has expired is remembered as well.
            const kept = dropExpired(shard, expiryCutoff);
            expect(recordsOf(kept).length).to.equal(
              list.length === 0
                ? 0
                : recordsOf(shard).filter((record) => seenOf(record) > expiryCutoff).length,
            );
          }
        },
      ),
    );
  });

  it('follows changes of one peer at a time, while time passes', () => {
    const change = fc.record({ record: records, expiryCutoff: expiryCutoffs, asks: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(records, { maxLength: 30 }),
        fc.array(change, { maxLength: 40 }),
        fc.boolean(),
        (list, changes, inPlace) => {
          let shard = shardOf(list);
          for (const { record, expiryCutoff, asks } of changes) {
            if (asks) countPeers(shard, expiryCutoff);
            const layout = layoutFor(record);
            const { at } = shard.find(layout, record);
            const before = countedPeer(shard, layout, record, at, expiryCutoff);
            shard = inPlace ? shard.put(layout, record) : shard.with(layout, record);
            if (before !== undefined) countChanged(shard, layout, record, at, expiryCutoff, before);
            expect(countPeers(shard, expiryCutoff)).to.deep.equal(counted(0, shard, expiryCutoff));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('need not look at every peer again when one changes', () => {
    const list = Array.from({ length: 50 }, (_, number) => recordOf(number, { seen: 1000 }));
    const shard = shardOf(list);
    countPeers(shard, 500);
    const record = recordOf(7, { seen: 1001, flags: SEEDER });
    const { at } = shard.find(V4, record);
    const before = defined(countedPeer(shard, V4, record, at, 600));
    const next = shard.with(V4, record);
    countChanged(next, V4, record, at, 600, before);
    expect(next.counted).to.deep.equal({
      counts: { seeders: 1, leechers: 49, partialSeeds: 0 },
      from: 600,
      until: 1000,
    });
  });

  it('are counted anew once a draft has changed at a time for which they were not known', () => {
    const shard = shardOf([recordOf(1, { seen: 1000 }), recordOf(2, { seen: 1000 })]);
    const draft = shard.put(V4, recordOf(1, { seen: 1001 }));
    countPeers(draft, 500);
    // A clock that has gone back.
    expect(countedPeer(draft, V4, recordOf(2), draft.find(V4, recordOf(2)).at, 400)).to.equal(undefined);
    expect(draft.put(V4, recordOf(2, { seen: 1001, flags: SEEDER }))).to.equal(draft);
    expect(countPeers(draft, 500)).to.deep.equal({ seeders: 1, leechers: 1, partialSeeds: 0 });
  });

  it('leaves out the peers that belong into another shard', () => {
    fc.assert(
      fc.property(shards(2), expiryCutoffs, (shard, expiryCutoff) => {
        expect(countPeers(shard, expiryCutoff)).to.deep.equal(counted(2, shard, expiryCutoff));
      }),
    );
  });

  it('takes a peer with several addresses for one, a seeder if it is one at any of them', () => {
    const flags: [number, number, PeerCounts][] = [
      [0, SEEDER, { ...NO_PEERS, seeders: 1 }],
      [SEEDER, PARTIAL_SEED, { ...NO_PEERS, seeders: 1 }],
      [PARTIAL_SEED, 0, { ...NO_PEERS, leechers: 1 }],
      [PARTIAL_SEED, PARTIAL_SEED, { ...NO_PEERS, partialSeeds: 1 }],
      [STOPPED, STOPPED, NO_PEERS],
    ];
    for (const [first, second, counts] of flags) {
      const overBoth = [recordOf(1, { flags: first }), recordOf(1, { address: v6Of(1), flags: second })];
      const overOne = [recordOf(1, { flags: first }), recordOf(1, { address: v4Of(2), flags: second })];
      expect(countPeers(shardOf(overBoth), 0)).to.deep.equal(counts);
      expect(countPeers(shardOf(overOne), 0)).to.deep.equal(counts);
    }
  });

  it('does not let an expired or stopped record of a peer decide what the peer is', () => {
    const shard = shardOf([
      recordOf(1, { flags: SEEDER, seen: 900 }),
      recordOf(1, { flags: STOPPED, port: 2 }),
      recordOf(1, { address: v6Of(1) }),
    ]);
    expect(countPeers(shard, 900)).to.deep.equal({ ...NO_PEERS, leechers: 1 });
  });

  it('counts nobody in an empty shard', () => {
    expect(countPeers(shardOf([]), 0)).to.deep.equal(NO_PEERS);
  });

  it('counts a peer whose identities lie beside each other as records of one layout', () => {
    const shard = shardOf([1, 2, 3].map((port) => recordOf(1, { peerId: peerIdOf(1), port })));
    expect(shard.countOf(V4)).to.equal(3);
    expect(countPeers(shard, 0)).to.deep.equal({ ...NO_PEERS, leechers: 1 });
  });
});

describe('counts', () => {
  const counts = { seeders: 3, leechers: 5, partialSeeds: 1 };

  it('add up by kind', () => {
    expect(addCounts(counts, { seeders: 10, leechers: 20, partialSeeds: 30 })).to.deep.equal({
      seeders: 13,
      leechers: 25,
      partialSeeds: 31,
    });
  });

  it('of a part of a swarm stand for the whole in proportion, as whole peers', () => {
    expect(extrapolate(counts, 0.25)).to.deep.equal({ seeders: 12, leechers: 20, partialSeeds: 4 });
    expect(extrapolate(counts, 0.3)).to.deep.equal({ seeders: 10, leechers: 17, partialSeeds: 3 });
  });

  it('of all of a swarm, or more by a split seen half-way, are left as they are', () => {
    expect(extrapolate(counts, 1)).to.equal(counts);
    expect(extrapolate(counts, 1.5)).to.equal(counts);
  });

  it('of none of a swarm stay zeros', () => {
    expect(extrapolate(NO_PEERS, 0)).to.equal(NO_PEERS);
  });
});
