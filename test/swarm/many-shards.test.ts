import { expect } from 'chai';

import type { Announcement } from '../../lib/swarm/operations/announce.js';
import { numbersIn, peerIdOf } from './support/peers.js';
import { announce, fill, KEY, numbersOf, SwarmHarness, upTo } from './support/swarm-harness.js';

describe('a swarm of many shards', () => {
  it('answers with as many peers as are wanted, from more than one shard', async function () {
    this.timeout(30_000);
    const harness = new SwarmHarness({ shardPeers: 32 });
    await fill(harness.process(), upTo(2000));
    const swarms = harness.process();
    const sizes = [];
    for (let number = 2000; number < 2020; number++)
      sizes.push(numbersOf(await announce(swarms, number)).length);
    expect(sizes.slice(5)).to.deep.equal(new Array<number>(15).fill(50));
  });

  it('answers with all of the few that may be given, where most have left or are seeders', async function () {
    this.timeout(30_000);
    const live = upTo(240).filter((number) => number % 16 === 0);
    const left = new SwarmHarness({ shardPeers: 32 }).process();
    await fill(left, upTo(240));
    for (const number of upTo(240)) {
      if (number % 16 !== 0) await announce(left, number, { event: 'stopped' });
    }
    const seeded = new SwarmHarness({ shardPeers: 32 }).process();
    await fill(seeded, upTo(240), (number) => ({ state: number % 16 === 0 ? 'leecher' : 'seeder' }));
    for (let round = 0; round < 60; round++) {
      // Until all shards are at hand.
      await announce(left, 0);
      await announce(seeded, 1, { state: 'seeder' });
    }
    for (let round = 0; round < 10; round++) {
      expect(numbersOf(await announce(left, 0))).to.deep.equal(live.slice(1));
      expect(numbersOf(await announce(seeded, 1, { state: 'seeder' }))).to.deep.equal(live);
    }
  });

  it('is read further, where nothing is remembered of it, only for want of peers that may be given', async () => {
    const harness = new SwarmHarness();
    await fill(harness.process(), upTo(400), () => ({ state: 'seeder' }));
    const [root] = await harness.shardsAt(KEY);
    const [own = 0] = numbersIn(0, root?.header.depth ?? 0, 1, 100_000);
    const fetches = async (changes: Partial<Announcement>): Promise<number> =>
      (await harness.operationsOf(() => announce(harness.process(), own, changes))).fetch ?? 0;
    // Its own and one other have many peers, but nobody who downloads.
    expect(await fetches({})).to.equal(2);
    expect(await fetches({ state: 'seeder' })).to.equal(3);
  });

  it('is counted exactly up to 16 shards', async function () {
    this.timeout(30_000);
    const harness = new SwarmHarness({ shardPeers: 192 });
    await fill(harness.process(), upTo(1500), (number) => ({
      state: number % 5 === 0 ? 'seeder' : number % 7 === 0 ? 'partial-seed' : 'leecher',
    }));
    expect((await harness.keys()).length).to.be.within(8, 16);
    const seeders = 300;
    const partialSeeds = upTo(1500).filter((number) => number % 5 !== 0 && number % 7 === 0).length;
    expect((await harness.scrape()).counts).to.deep.equal({
      seeders,
      partialSeeds,
      leechers: 1500 - seeders - partialSeeds,
    });
  });

  it('is counted as it is by then when the count of a download took longer than the announces after it', async () => {
    const harness = new SwarmHarness({ shardPeers: 8 });
    const swarms = harness.process();
    for (const number of upTo(20)) await announce(swarms, number);
    expect(await harness.keys()).to.have.length.greaterThan(1);
    const increment = harness.store.increment.bind(harness.store);
    let count = (): void => undefined;
    const isCounted = new Promise<void>((resolve) => (count = resolve));
    harness.store.increment = (key, by) => isCounted.then(() => increment(key, by));
    const late = announce(swarms, 0, { event: 'completed', state: 'seeder' });
    for (let number = 20; number < 30; number++) await announce(swarms, number);
    count();
    expect((await late).counts).to.deep.equal({ seeders: 1, leechers: 29, partialSeeds: 0 });
    const { counts } = await announce(swarms, 30);
    expect(counts).to.deep.equal({ seeders: 1, leechers: 30, partialSeeds: 0 });
  });

  it('is counted within four standard errors beyond, by scrapes and by announces, and without a lean', async function () {
    this.timeout(60_000);
    const harness = new SwarmHarness({ shardPeers: 192, warmMilliseconds: 60_000 });
    const peers = 20_000;
    const writer = harness.process();
    await fill(writer, upTo(peers), (number) => ({ state: number % 4 === 0 ? 'seeder' : 'leecher' }));
    const shards = (await harness.keys()).length;
    expect(shards).to.be.above(80);
    // Each of the peers is in the sample, a share of about 16 in `shards` of the swarm, or is not:
    // a binomial count.
    const covered = 16 / shards;
    const standardError = (count: number): number => Math.sqrt((count * (1 - covered)) / covered);
    const expected = { seeders: peers / 4, leechers: (peers * 3) / 4, partialSeeds: 0 };
    const scrapes = [];
    for (let i = 0; i < 30; i++) scrapes.push((await harness.scrape()).counts);
    // A process with 16 shards at hand answers announces as well as a scrape does.
    const announces = [];
    for (let i = 0; i < 60; i++) {
      const { counts } = await announce(writer, i, { state: i % 4 === 0 ? 'seeder' : 'leecher' });
      if (i >= 30) announces.push(counts);
    }
    for (const kind of ['seeders', 'leechers'] as const) {
      const error = standardError(expected[kind]);
      for (const counts of [...scrapes, ...announces]) {
        expect(counts[kind], kind).to.be.within(expected[kind] - 4 * error, expected[kind] + 4 * error);
      }
      const mean = scrapes.reduce((sum, counts) => sum + counts[kind], 0) / scrapes.length;
      expect(Math.abs(mean - expected[kind]), `mean of ${kind}`).to.be.below(
        (4 * error) / Math.sqrt(scrapes.length),
      );
    }
  });

  it('has no stored shard over twice its target, though peer ids are made to fall into one', async function () {
    this.timeout(30_000);
    const shardPeers = 16;
    const harness = new SwarmHarness({ shardPeers });
    const swarms = harness.process();
    await fill(swarms, upTo(300));
    // One peer id on many ports: no split takes these apart.
    await fill(swarms, upTo(500), (number) => ({ peerId: peerIdOf(1), port: 1 + number }));
    await fill(
      swarms,
      upTo(300).map((number) => 1000 + number),
    );
    for (const key of await harness.keys()) {
      for (const shard of await harness.shardsAt(key)) expect(shard.count).to.be.at.most(2 * shardPeers);
    }
  });
});
