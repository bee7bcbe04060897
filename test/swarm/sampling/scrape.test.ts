import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { NO_PEERS } from '../../../lib/swarm/shard/counts.js';
import { SEEDER } from '../../../lib/swarm/shard/peer-record.js';
import { MAX_DEPTH, shardAt, shardKey } from '../../../lib/swarm/shard/placement.js';
import { ShardFormatError, newHeader } from '../../../lib/swarm/shard/header.js';
import { defined } from '../../support/defined.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { purge } from '../../purge/purging.js';
import { shardOf } from '../../support/swarm-arbitraries.js';
import { damaged, ofNewerFormat } from '../support/damage.js';
import { numbersIn, peerIdOf, recordOf } from '../support/peers.js';
import { fill, KEY, SwarmHarness, upTo } from '../support/swarm-harness.js';

/** Stores a shard with a seeder and so many leechers. */
async function store(harness: SwarmHarness, n: number, depth: number, leechers: number): Promise<void> {
  const [seeder = 0, ...others] = numbersIn(n, depth, leechers + 1);
  const list = [
    recordOf(seeder, { seen: 10_000, flags: SEEDER }),
    ...others.map((number) => recordOf(number, { seen: 10_000 })),
  ];
  await harness.overwrite(shardKey(KEY, n), Buffer.from(shardOf(list, { ...newHeader(n), depth }).seal()));
}

/** How many reads each of so many scrapes takes. */
async function readsOfScrapes(harness: SwarmHarness, scrapes: number): Promise<number[]> {
  const reads = [];
  for (let i = 0; i < scrapes; i++) {
    const { fetch = 0 } = await harness.operationsOf(() => harness.scrape());
    reads.push(fetch);
  }
  return reads;
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, each) => sum + each, 0) / list.length;
}

describe('the scrape of a swarm', () => {
  it('is zeros for one that nobody announced to, for two operations', async () => {
    const harness = new SwarmHarness();
    const taken = await harness.operationsOf(async () => {
      expect(await harness.scrape()).to.deep.equal({ counts: NO_PEERS, downloads: 0 });
    });
    expect(taken).to.deep.equal({ fetch: 1, count: 1 });
  });

  it('counts the peers of one shard and the downloads', async () => {
    const harness = new SwarmHarness();
    await store(harness, 0, 0, 4);
    await harness.store.increment(KEY, 7);
    expect(await harness.scrape()).to.deep.equal({
      counts: { ...NO_PEERS, seeders: 1, leechers: 4 },
      downloads: 7,
    });
  });

  it('counts every shard of a tree of any shape, each read once', async () => {
    const harness = new SwarmHarness();
    const tree = new Map([
      [0, 3],
      [1, 1],
      [2, 4],
      [4, 3],
      [6, 3],
      [10, 4],
    ]);
    for (const [n, depth] of tree) await store(harness, n, depth, n);
    const taken = await harness.operationsOf(async () => {
      const { counts } = await harness.scrape();
      expect(counts).to.deep.equal({ ...NO_PEERS, seeders: 6, leechers: 0 + 1 + 2 + 4 + 6 + 10 });
    });
    expect(taken.fetch).to.equal(tree.size);
  });

  it('counts the shards that are there if the store does not find one of them', async () => {
    const harness = new SwarmHarness();
    await store(harness, 0, 2, 1);
    await store(harness, 2, 2, 1);
    expect((await harness.scrape()).counts).to.deep.equal({ ...NO_PEERS, seeders: 2, leechers: 2 });
  });

  it('reads a bounded number of shards of a large swarm, and estimates the rest', async () => {
    const harness = new SwarmHarness();
    const depth = 6;
    for (const n of upTo(1 << depth)) await store(harness, n, depth, 9);
    const taken = await harness.operationsOf(async () => {
      // Every shard has the same counts, so any sample of them gives the exact ones.
      expect((await harness.scrape()).counts).to.deep.equal({ ...NO_PEERS, seeders: 64, leechers: 9 * 64 });
    });
    // Shard 0, which says that there are more than 16, and a sample of 16.
    expect(taken.fetch).to.be.at.most(1 + 16);
  });

  it('reads hardly more of a swarm that peer ids made for it have split as deep as it goes', async function () {
    this.timeout(60_000);
    for (const peers of [0, 1000, 6000, 20_000]) {
      for (const made of [0, 1, 0xffff]) {
        const harness = new SwarmHarness();
        const swarms = harness.process();
        await fill(swarms, upTo(peers));
        const peerId = peerIdOf(defined(numbersIn(made, MAX_DEPTH, 1)[0]));
        await fill(swarms, upTo(193), (n) => ({ peerId, port: n + 1 }));
        const reads = await readsOfScrapes(harness, 50);
        const described = `${peers} peers, made for shard ${made}`;
        expect(Math.max(...reads), described).to.be.at.most(40);
        expect(mean(reads), described).to.be.at.most(26);
      }
    }
  });

  it('reads hardly more than the sample of a large swarm of honest peers', async function () {
    this.timeout(60_000);
    for (const peers of [4000, 10_000, 20_000]) {
      const harness = new SwarmHarness();
      await fill(harness.process(), upTo(peers));
      const reads = await readsOfScrapes(harness, 50);
      expect(Math.max(...reads), `${peers} peers`).to.be.at.most(20);
      expect(mean(reads), `${peers} peers`).to.be.at.most(17);
    }
  });

  it('is exact for few shards, though one of them is much deeper than most of a swarm with as many', async () => {
    for (const deep of [0, 1, 0b1010_1010]) {
      for (const depth of [5, 9, 15]) {
        const harness = new SwarmHarness();
        const on = shardAt(deep, depth);
        // The one that is deep, and for each of its bits the one that has the others.
        const tree = new Map([
          [on, depth],
          ...upTo(depth).map((bit) => [shardAt(on ^ (1 << bit), bit + 1), bit + 1] as const),
        ]);
        for (const [n, depth] of tree) await store(harness, n, depth, depth);
        for (let i = 0; i < 20; i++) {
          const { counts } = await harness.scrape();
          const leechers = [...tree.values()].reduce((sum, depth) => sum + depth, 0);
          expect(counts).to.deep.equal({ ...NO_PEERS, seeders: depth + 1, leechers });
        }
      }
    }
  });

  it('counts everybody though a purge takes shards back between its reads', async () => {
    const staying = upTo(200).filter((number) => number % 50 === 0);
    for (const peers of [12, 40, 200]) {
      for (let before = 1; before <= 3; before++) {
        const harness = new SwarmHarness({ shardPeers: 8 });
        await fill(harness.process(), upTo(peers));
        harness.pass(1400);
        await fill(harness.process(), staying);
        harness.pass(1400);
        const fetch = harness.store.fetch.bind(harness.store);
        let reads = 0;
        harness.store.fetch = async (key) => {
          if (++reads === before) await purge(harness);
          return fetch(key);
        };
        const { counts } = await harness.scrape();
        expect(await harness.shardsAt(KEY)).to.satisfy(([root]: Shard[]) => root?.header.depth === 0);
        expect(counts, `${peers} peers, read ${before}`).to.deep.equal({
          ...NO_PEERS,
          leechers: staying.length,
        });
      }
    }
  });

  it('ends though a shard forwards to one that goes on to be split, and counts the others', async () => {
    for (const depth of [1, 6]) {
      const harness = new SwarmHarness();
      for (const n of upTo(1 << depth)) await store(harness, n, depth, 9);
      const last = (1 << depth) - 1;
      const forwarding = shardOf([], { ...newHeader(last), forwarding: true, forwardingSince: 10_000 });
      await harness.overwrite(shardKey(KEY, last), Buffer.from(forwarding.seal()));
      const { counts } = await harness.scrape();
      expect(counts).to.deep.equal({
        ...NO_PEERS,
        seeders: depth === 1 ? 1 : 64,
        leechers: 9 * (depth === 1 ? 1 : 64),
      });
    }
  });

  it('leaves out of an estimate what the store does not find', async () => {
    const harness = new SwarmHarness();
    // Shard 1 has nobody, and 3, which it says is there, is missing: with a quarter of all peers,
    // if it is like the rest.
    await harness.overwrite(shardKey(KEY, 1), Buffer.from(shardOf([], { ...newHeader(1), depth: 2 }).seal()));
    for (const n of upTo(64).filter((n) => n % 2 === 0)) await store(harness, n, 6, 29);
    const leechers = [];
    for (let i = 0; i < 400; i++) leechers.push((await harness.scrape()).counts.leechers);
    expect(mean(leechers)).to.be.closeTo((32 * 29) / 0.75, 50);
  });

  it('samples a swarm whose shards are of different depths in proportion to what they cover', async () => {
    const harness = new SwarmHarness();
    // Shard 1 has half of all peers, the others are small; all have peers as their share of the
    // hashes says.
    await store(harness, 1, 1, 319);
    for (const n of upTo(32).filter((n) => n % 2 === 0)) await store(harness, n, 5, 19);
    const { counts } = await harness.scrape();
    expect(counts.leechers + counts.seeders).to.be.within(600, 680);
  });

  it('leans to neither side on average, however unlike the shards of a large swarm are', async () => {
    const harness = new SwarmHarness();
    // Shares of the hashes and of the peers have nothing to do with each other here.
    const tree = new Map([
      [1, { depth: 1, leechers: 40 }],
      [2, { depth: 2, leechers: 2 }],
      ...upTo(16).map((i) => [4 * i, { depth: 6, leechers: i % 2 === 0 ? 30 : 0 }] as const),
    ]);
    for (const [n, { depth, leechers }] of tree) await store(harness, n, depth, leechers);
    const expected = { seeders: 18, leechers: 40 + 2 + 8 * 30 };
    const scrapes = [];
    for (let i = 0; i < 1500; i++) scrapes.push((await harness.scrape()).counts);
    for (const kind of ['seeders', 'leechers'] as const) {
      const mean = scrapes.reduce((sum, counts) => sum + counts[kind], 0) / scrapes.length;
      const variance =
        scrapes.reduce((sum, counts) => sum + (counts[kind] - mean) ** 2, 0) / (scrapes.length - 1);
      const standardError = Math.sqrt(variance / scrapes.length);
      // Rounding to whole peers adds up to a half.
      expect(Math.abs(mean - expected[kind]), kind).to.be.below(4 * standardError + 0.5);
      expect(standardError, kind).to.be.below(expected[kind] * 0.02);
    }
  });

  it('does not count who has expired', async () => {
    const harness = new SwarmHarness({ peerLifetimeSeconds: 100 });
    await store(harness, 0, 0, 4);
    harness.pass(99);
    expect((await harness.scrape()).counts.leechers).to.equal(4);
    harness.pass(1);
    expect((await harness.scrape()).counts).to.deep.equal(NO_PEERS);
  });

  it('takes a damaged shard for an empty one, with a log line', async () => {
    const harness = new SwarmHarness();
    await store(harness, 0, 0, 4);
    const { values } = await harness.store.fetch(KEY);
    for (const value of values) await harness.overwrite(KEY, damaged(value));
    expect((await harness.scrape()).counts).to.deep.equal(NO_PEERS);
    expect(harness.log.lines.map(({ event }) => event)).to.deep.equal(['shard damaged']);
  });

  it('writes nothing, ever', async () => {
    const harness = new SwarmHarness({ peerLifetimeSeconds: 10 });
    await store(harness, 0, 0, 4);
    harness.pass(100);
    expect(await harness.operationsOf(() => harness.scrape())).to.have.all.keys('fetch', 'count');
  });

  it('fails if the store does or if a newer version of the tracker wrote the swarm', async () => {
    for (const operation of ['fetch', 'count']) {
      const failing = new SwarmHarness({}, { fault: (called) => (called === operation ? 'before' : 'none') });
      expect(await failing.scrape().catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailableError);
    }
    const harness = new SwarmHarness();
    await store(harness, 0, 0, 1);
    const { values } = await harness.store.fetch(KEY);
    await harness.overwrite(KEY, ofNewerFormat(Buffer.concat(values)));
    expect(await harness.scrape().catch((error: unknown) => error)).to.be.instanceOf(ShardFormatError);
  });
});
