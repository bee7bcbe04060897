import { expect } from 'chai';

import type { Announcement } from '../../lib/swarm/announcement.js';
import type { SwarmAnswer } from '../../lib/swarm/swarms.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import { V4 } from '../../lib/swarm/peer-record.js';
import { ShardFormatError } from '../../lib/swarm/shard-header.js';
import type { Fault } from '../support/memory-store.js';
import { damaged, ofNewerFormat } from './damage.js';
import { numbersIn, peerIdOf, recordOf, v4Of, v6Of } from './peers.js';
import { announce, fill, INFOHASH, KEY, numbersOf, Site, upTo } from './site.js';

const infohashes = (count: number): Buffer[] =>
  upTo(count).map((number) => {
    const infohash = Buffer.alloc(20);
    infohash.writeUInt32BE(number);
    return infohash;
  });

describe('an announce', () => {
  it('is answered with the other peers of its swarm and with counts that have the peer in', async () => {
    const swarms = new Site().process();
    await announce(swarms, 1, { state: 'seeder' });
    await announce(swarms, 2, { state: 'partial-seed' });
    await announce(swarms, 9, { infohash: Buffer.alloc(20) });
    const answer = await announce(swarms, 3);
    expect(numbersOf(answer)).to.deep.equal([1, 2]);
    expect(answer.counts).to.deep.equal({ seeders: 1, leechers: 1, partialSeeds: 1 });
  });

  it('of a seeder is answered with downloaders only', async () => {
    const swarms = new Site().process();
    await announce(swarms, 1, { state: 'seeder' });
    await announce(swarms, 2, { state: 'partial-seed' });
    await announce(swarms, 3);
    expect(numbersOf(await announce(swarms, 4, { state: 'seeder' }))).to.deep.equal([3]);
  });

  it('is seen by every other process as soon as it is answered', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    expect(numbersOf(await announce(site.process(), 2))).to.deep.equal([1]);
  });

  it('over a second address does not make a second peer', async () => {
    const swarms = new Site().process();
    await announce(swarms, 1, { state: 'seeder' });
    const { counts, peers } = await announce(swarms, 1, { address: v6Of(1), state: 'seeder' });
    expect(counts).to.deep.equal({ seeders: 1, leechers: 0, partialSeeds: 0 });
    expect(peers.v4).to.have.length(0);
  });
});

describe('a stopped peer', () => {
  it('is answered with counts that it is not in, and with no peers', async () => {
    const swarms = new Site().process();
    await announce(swarms, 1);
    await announce(swarms, 2, { state: 'seeder' });
    const answer = await announce(swarms, 1, { event: 'stopped' });
    expect(answer.counts).to.deep.equal({ seeders: 1, leechers: 0, partialSeeds: 0 });
    expect(answer.peers).to.deep.equal({ v4: new Uint8Array(0), v6: new Uint8Array(0) });
  });

  it('is never returned or counted again', async () => {
    const site = new Site();
    const swarms = site.process();
    await announce(swarms, 1);
    await announce(swarms, 1, { event: 'stopped' });
    for (const process of [swarms, site.process()]) {
      const answer = await announce(process, 2);
      expect(numbersOf(answer)).to.deep.equal([]);
      expect(answer.counts.leechers).to.equal(1);
    }
    expect((await site.scrape()).counts.leechers).to.equal(1);
  });

  it('is back when it starts again', async () => {
    const swarms = new Site().process();
    await announce(swarms, 1);
    await announce(swarms, 1, { event: 'stopped' });
    await announce(swarms, 1, { event: 'started' });
    expect(numbersOf(await announce(swarms, 2))).to.deep.equal([1]);
  });

  it('that nobody knew writes nothing and leaves no swarm behind', async () => {
    const site = new Site();
    const swarms = site.process();
    const stop = (): Promise<unknown> => announce(swarms, 1, { event: 'stopped' });
    expect(await site.operationsOf(stop)).to.deep.equal({ fetch: 1 });
    expect(await site.keys()).to.deep.equal([]);
  });

  it('reads no shard but its own, however large the swarm is', async function () {
    this.timeout(30_000);
    const site = new Site({ shardPeers: 16 });
    await fill(site.process(), upTo(600));
    const swarms = site.process();
    // To learn how deep the swarm is.
    for (const number of upTo(20)) await announce(swarms, number);
    site.pass(6);
    const fetches: number[] = [];
    for (const number of upTo(30).map((i) => 100 + i)) {
      site.pass(6);
      const taken = await site.operationsOf(() => announce(swarms, number, { event: 'stopped' }));
      fetches.push(taken.fetch ?? 0);
    }
    // One where the depth is guessed right, one or two more where it is not.
    expect(fetches.filter((count) => count === 1).length, fetches.join(' ')).to.be.above(15);
    expect(Math.max(...fetches), fetches.join(' ')).to.be.at.most(3);
  });

  it('stays in if only somebody at another address says that it stopped', async () => {
    const swarms = new Site().process();
    await announce(swarms, 1);
    await announce(swarms, 1, { address: v4Of(66), event: 'stopped' });
    expect(numbersOf(await announce(swarms, 2))).to.deep.equal([1]);
  });
});

describe('a peer that falls silent', () => {
  it('lives exactly as long as the lifetime', async () => {
    const site = new Site({ peerLifetimeSeconds: 100 });
    await announce(site.process(), 1, { state: 'seeder' });
    site.pass(99);
    const before = await announce(site.process(), 2, { event: 'stopped' });
    expect(before.counts.seeders).to.equal(1);
    expect((await site.scrape()).counts.seeders).to.equal(1);
    expect(numbersOf(await announce(site.process(), 3))).to.deep.equal([1]);
    site.pass(1);
    const after = await announce(site.process(), 4);
    expect(after.counts.seeders).to.equal(0);
    expect(numbersOf(after)).to.deep.equal([3]);
    expect((await site.scrape()).counts.seeders).to.equal(0);
  });

  it('is dropped from the store by the next write', async () => {
    const site = new Site({ peerLifetimeSeconds: 100 });
    await announce(site.process(), 1);
    site.pass(100);
    await announce(site.process(), 2);
    const [shard] = await site.shardsAt(KEY);
    expect(shard?.count).to.equal(1);
  });

  it('expires in a shard that is remembered, too', async () => {
    const site = new Site({ peerLifetimeSeconds: 100, unwrittenSeconds: 50, warmMilliseconds: 1e9 });
    const swarms = site.process();
    await announce(swarms, 1);
    site.pass(60);
    await announce(swarms, 2);
    site.pass(40);
    const answer = await announce(swarms, 2);
    expect(answer.counts.leechers).to.equal(1);
    expect(numbersOf(answer)).to.deep.equal([]);
  });
});

describe('the store operations of an announce', () => {
  it('are one fetch and one put where the swarm is not remembered', async () => {
    const site = new Site();
    expect(await site.operationsOf(() => announce(site.process(), 1))).to.deep.equal({ fetch: 1, put: 1 });
    expect(await site.operationsOf(() => announce(site.process(), 2))).to.deep.equal({ fetch: 1, put: 1 });
  });

  it('are one put where it is', async () => {
    const site = new Site();
    const swarms = site.process();
    await announce(swarms, 1);
    site.milliseconds += 4999;
    expect(await site.operationsOf(() => announce(swarms, 2, { event: 'started' }))).to.deep.equal({
      put: 1,
    });
  });

  it('are a fetch again when what is remembered is older than it may be', async () => {
    const site = new Site();
    const swarms = site.process();
    await announce(swarms, 1);
    site.milliseconds += 5000;
    expect(await site.operationsOf(() => announce(swarms, 2))).to.deep.equal({ fetch: 1, put: 1 });
  });

  it('are none for a re-announce that says nothing new and comes soon', async () => {
    const site = new Site({ warmMilliseconds: 1e9 });
    const swarms = site.process();
    await announce(swarms, 1, { event: 'started' });
    site.pass(899);
    expect(await site.operationsOf(() => announce(swarms, 1))).to.deep.equal({});
    site.pass(1);
    expect(await site.operationsOf(() => announce(swarms, 1))).to.deep.equal({ put: 1 });
  });

  it('are one fetch for such a re-announce through another process', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    expect(await site.operationsOf(() => announce(site.process(), 1))).to.deep.equal({ fetch: 1 });
  });

  it('are far fewer than the announces when many come at once', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const site = new Site({ shardPeers: 1000 }, { concurrency });
      const swarms = site.process();
      const { fetch, put } = await site.operationsOf(() =>
        Promise.all(upTo(200).map((number) => announce(swarms, number))),
      );
      expect(fetch).to.equal(1);
      expect(put).to.be.at.most(3);
      expect((await site.scrape()).counts.leechers).to.equal(200);
    }
  });

  it('are one more for a download that is counted', async () => {
    const site = new Site();
    const swarms = site.process();
    await announce(swarms, 1);
    const complete = (): Promise<unknown> => announce(swarms, 1, { state: 'seeder', event: 'completed' });
    expect(await site.operationsOf(complete)).to.deep.equal({ fetch: 1, put: 1, increment: 1 });
    site.pass(1);
    expect(await site.operationsOf(complete)).to.deep.equal({ fetch: 1, put: 1 });
  });

  it('do not grow with the swarm: four, seldom a few more, where nothing is remembered of a large one', async function () {
    this.timeout(30_000);
    const site = new Site({ shardPeers: 32 });
    await fill(site.process(), upTo(4000));
    expect((await site.keys()).length).to.be.above(100);
    // A process that saw the swarm once knows about how deep it is. Where its guess is wrong it takes a read or two more.
    const swarms = site.process();
    await announce(swarms, 4000);
    const totals: number[] = [];
    let splits = 0;
    for (let number = 5000; number < 5100; number++) {
      site.pass(6);
      const { fetch = 0, put = 0 } = await site.operationsOf(() => announce(swarms, number));
      // An announce that splits a shard writes both halves, and its peer may have to go on to the new one.
      expect(fetch + put).to.be.at.most(put === 1 ? 6 : 8);
      if (put > 1) splits++;
      else totals.push(fetch + put);
    }
    expect(totals.filter((total) => total > 4).length, totals.join(' ')).to.be.at.most(5);
    expect(splits).to.be.at.most(10);
  });

  it('stay few while somebody makes one shard as deep as it goes', async () => {
    const site = new Site();
    const swarms = site.process();
    const flood = (port: number): Promise<SwarmAnswer> =>
      announce(swarms, 0, { peerId: peerIdOf(77_777), port });
    await fill(swarms, upTo(150));
    for (let port = 1; port <= 400; port++) await flood(port);
    let fetches = 0;
    for (let number = 1000; number < 1100; number++) {
      site.pass(6);
      await flood(number);
      fetches += (await site.operationsOf(() => announce(swarms, number))).fetch ?? 0;
    }
    expect(fetches / 100).to.be.below(3);
  });

  it('stay one or two for each announce to a large swarm that is busy', async function () {
    this.timeout(30_000);
    const site = new Site({ shardPeers: 32 });
    const swarms = site.process();
    await fill(swarms, upTo(3000));
    let total = 0;
    for (let number = 3000; number < 3200; number++) {
      const taken = await site.operationsOf(() => announce(swarms, number));
      total += (taken.fetch ?? 0) + (taken.put ?? 0);
    }
    expect(total / 200).to.be.below(2.5);
  });
});

describe('a swarm of many shards', () => {
  it('answers with as many peers as are wanted, from more than one shard', async function () {
    this.timeout(30_000);
    const site = new Site({ shardPeers: 32 });
    await fill(site.process(), upTo(2000));
    const swarms = site.process();
    const sizes = [];
    for (let number = 2000; number < 2020; number++)
      sizes.push(numbersOf(await announce(swarms, number)).length);
    expect(sizes.slice(5)).to.deep.equal(new Array<number>(15).fill(50));
  });

  it('answers with all of the few that may be given, where most have left or are seeders', async function () {
    this.timeout(30_000);
    const live = upTo(240).filter((number) => number % 16 === 0);
    const left = new Site({ shardPeers: 32 }).process();
    await fill(left, upTo(240));
    for (const number of upTo(240)) {
      if (number % 16 !== 0) await announce(left, number, { event: 'stopped' });
    }
    const seeded = new Site({ shardPeers: 32 }).process();
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
    const site = new Site();
    await fill(site.process(), upTo(400), () => ({ state: 'seeder' }));
    const [root] = await site.shardsAt(KEY);
    const [own = 0] = numbersIn(0, root?.header.depth ?? 0, 1, 100_000);
    const fetches = async (changes: Partial<Announcement>): Promise<number> =>
      (await site.operationsOf(() => announce(site.process(), own, changes))).fetch ?? 0;
    // Its own and one other have many peers, but nobody who downloads.
    expect(await fetches({})).to.equal(2);
    expect(await fetches({ state: 'seeder' })).to.equal(3);
  });

  it('is counted exactly up to 16 shards', async function () {
    this.timeout(30_000);
    const site = new Site({ shardPeers: 192 });
    await fill(site.process(), upTo(1500), (number) => ({
      state: number % 5 === 0 ? 'seeder' : number % 7 === 0 ? 'partial-seed' : 'leecher',
    }));
    expect((await site.keys()).length).to.be.within(8, 16);
    const seeders = 300;
    const partialSeeds = upTo(1500).filter((number) => number % 5 !== 0 && number % 7 === 0).length;
    expect((await site.scrape()).counts).to.deep.equal({
      seeders,
      partialSeeds,
      leechers: 1500 - seeders - partialSeeds,
    });
  });

  it('is counted as it is by then when the count of a download took longer than the announces after it', async () => {
    const site = new Site({ shardPeers: 8 });
    const swarms = site.process();
    for (const number of upTo(20)) await announce(swarms, number);
    expect(await site.keys()).to.have.length.greaterThan(1);
    const increment = site.store.increment.bind(site.store);
    let count = (): void => undefined;
    const isCounted = new Promise<void>((resolve) => (count = resolve));
    site.store.increment = (key, by) => isCounted.then(() => increment(key, by));
    const late = announce(swarms, 0, { event: 'completed', state: 'seeder' });
    for (let number = 20; number < 30; number++) await announce(swarms, number);
    count();
    expect((await late).counts).to.deep.equal({ seeders: 1, leechers: 29, partialSeeds: 0 });
    const { counts } = await announce(swarms, 30);
    expect(counts).to.deep.equal({ seeders: 1, leechers: 30, partialSeeds: 0 });
  });

  it('is counted within four standard errors beyond, by scrapes and by announces, and without a lean', async function () {
    this.timeout(60_000);
    const site = new Site({ shardPeers: 192, warmMilliseconds: 60_000 });
    const peers = 20_000;
    const writer = site.process();
    await fill(writer, upTo(peers), (number) => ({ state: number % 4 === 0 ? 'seeder' : 'leecher' }));
    const shards = (await site.keys()).length;
    expect(shards).to.be.above(80);
    // Each of the peers is in the sample, a share of about 16 in `shards` of the swarm, or is not: a binomial count.
    const covered = 16 / shards;
    const standardError = (count: number): number => Math.sqrt((count * (1 - covered)) / covered);
    const expected = { seeders: peers / 4, leechers: (peers * 3) / 4, partialSeeds: 0 };
    const scrapes = [];
    for (let i = 0; i < 30; i++) scrapes.push((await site.scrape()).counts);
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
    const site = new Site({ shardPeers });
    const swarms = site.process();
    await fill(swarms, upTo(300));
    // One peer id on many ports: no split takes these apart.
    await fill(swarms, upTo(500), (number) => ({ peerId: peerIdOf(1), port: 1 + number }));
    await fill(
      swarms,
      upTo(300).map((number) => 1000 + number),
    );
    for (const key of await site.keys()) {
      for (const shard of await site.shardsAt(key)) expect(shard.count).to.be.at.most(2 * shardPeers);
    }
  });
});

describe('a completed download', () => {
  const downloads = async (site: Site): Promise<number> => (await site.scrape()).downloads;
  const completed = { state: 'seeder', event: 'completed' } as const;

  it('counts once, however often and through however many processes it is announced', async () => {
    const site = new Site();
    const swarms = site.process();
    await announce(swarms, 1, { event: 'started' });
    for (let i = 0; i < 3; i++) await announce(swarms, 1, completed);
    await announce(site.process(), 1, completed);
    await announce(swarms, 1, { state: 'seeder' });
    expect(await downloads(site)).to.equal(1);
  });

  it('counts for each peer', async () => {
    const site = new Site();
    const swarms = site.process();
    await fill(swarms, upTo(20));
    await fill(swarms, upTo(20), () => completed);
    expect(await downloads(site)).to.equal(20);
  });

  it('does not count without a leecher before it', async () => {
    const site = new Site();
    await announce(site.process(), 1, completed);
    await announce(site.process(), 2, { state: 'seeder', event: 'started' });
    await announce(site.process(), 2, completed);
    expect(await downloads(site)).to.equal(0);
  });

  it('counts through a process that does not know yet that the peer was a leecher', async () => {
    const site = new Site();
    const other = site.process();
    await announce(other, 2);
    await announce(site.process(), 1);
    await announce(other, 1, completed);
    expect(await downloads(site)).to.equal(1);
  });

  for (const [what, header, leechers] of [
    ['another process has split its shard and not moved it yet', { depth: 1, strays: true }, 11],
    // The child is there already, but its parent still answers for all.
    ['another process is splitting its shard', { depth: 0 }, 6],
  ] as const) {
    it(`counts though ${what}`, async () => {
      const site = new Site({ shardPeers: 8 });
      const swarms = site.process();
      const [completes = 0, ...others] = numbersIn(1, 1, 6);
      await fill(swarms, [...others, ...numbersIn(0, 1, 6)]);
      const [root] = await site.shardsAt(KEY);
      expect(root?.header.depth).to.equal(1);
      if (root === undefined) return;
      // The peer has announced as a leecher to where its shard was.
      const seen = site.milliseconds / 1000;
      const withPeer = root.with(V4, recordOf(completes, { seen })).withHeader({ ...root.header, ...header });
      await site.overwrite(KEY, withPeer.seal());
      await announce(swarms, completes, completed);
      expect(await downloads(site)).to.equal(1);
      expect((await site.scrape()).counts).to.deep.equal({ seeders: 1, leechers, partialSeeds: 0 });
    });
  }

  it('counts once for a peer that announces from two addresses, one after the other or at once', async () => {
    for (const atOnce of [false, true]) {
      const site = new Site();
      const swarms = site.process();
      const second = { address: v6Of(1) };
      await announce(swarms, 1);
      await announce(swarms, 1, second);
      const first = announce(swarms, 1, completed);
      if (!atOnce) await first;
      await Promise.all([first, announce(swarms, 1, { ...second, ...completed })]);
      expect(await downloads(site)).to.equal(1);
    }
  });

  for (const shardPeers of [192, 8]) {
    it(`counts once for a peer with two addresses whose client repeats a stop, with ${shardPeers} peers a shard`, async () => {
      const site = new Site({ shardPeers });
      const swarms = site.process();
      for (const number of upTo(12)) await announce(swarms, number);
      const stopped = { state: 'seeder', event: 'stopped' } as const;
      const second = { address: v6Of(1) };
      for (const changes of [
        { ...second, event: 'started' },
        { event: 'started' },
        completed,
        stopped,
        stopped,
        { ...second, ...completed },
        { ...second, ...stopped },
      ] as const) {
        site.pass(1);
        await announce(swarms, 1, changes);
      }
      expect(await downloads(site)).to.equal(1);
    });
  }

  it('does not count again after the peer stopped and started as a seeder', async () => {
    const site = new Site();
    const swarms = site.process();
    await announce(swarms, 1);
    await announce(swarms, 1, completed);
    await announce(swarms, 1, { state: 'seeder', event: 'stopped' });
    await announce(swarms, 1, { state: 'seeder', event: 'started' });
    await announce(swarms, 1, completed);
    expect(await downloads(site)).to.equal(1);
  });

  it('counts again for a peer that started over as a leecher', async () => {
    const site = new Site();
    const swarms = site.process();
    for (let i = 0; i < 2; i++) {
      await announce(swarms, 1, { event: 'started' });
      await announce(swarms, 1, completed);
      await announce(swarms, 1, { state: 'seeder', event: 'stopped' });
    }
    expect(await downloads(site)).to.equal(2);
  });

  it('never counts twice though answers are lost and the client tries again', async () => {
    for (const fault of ['before', 'after'] as const) {
      let next: Fault = 'none';
      const site = new Site({}, { fault: (operation) => (operation === 'put' ? next : 'none') });
      const swarms = site.process();
      await announce(swarms, 1);
      next = fault;
      const lost = await announce(swarms, 1, completed).catch((error: unknown) => error);
      expect(lost).to.be.instanceOf(StoreUnavailableError);
      next = 'none';
      await announce(swarms, 1, completed);
      await announce(swarms, 1, completed);
      expect(await downloads(site)).to.be.at.most(1);
      if (fault === 'before') expect(await downloads(site)).to.equal(1);
    }
  });

  it('is answered though it could not be counted, with a log line', async () => {
    const site = new Site({}, { fault: (operation) => (operation === 'increment' ? 'before' : 'none') });
    const swarms = site.process();
    await announce(swarms, 1);
    const { counts } = await announce(swarms, 1, completed);
    expect(counts.seeders).to.equal(1);
    expect(site.log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'error download not counted',
    ]);
    expect(site.log.lines[0]?.fields['cause']).to.be.instanceOf(StoreUnavailableError);
  });
});

describe('a store that fails', () => {
  it('fails the announces that wait for it, and the next one works', async () => {
    for (const operation of ['fetch', 'put'] as const) {
      let fails = true;
      const site = new Site({}, { fault: (called) => (fails && called === operation ? 'before' : 'none') });
      const swarms = site.process();
      const results = await Promise.allSettled(upTo(5).map((number) => announce(swarms, number)));
      for (const result of results) {
        expect(result.status).to.equal('rejected');
        if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(StoreUnavailableError);
      }
      fails = false;
      const answer = await announce(swarms, 9);
      expect(answer.counts.leechers).to.equal(1);
    }
  });

  it('does not hurt other swarms', async () => {
    const site = new Site({}, { fault: (_, key) => (key === KEY ? 'before' : 'none') });
    const swarms = site.process();
    const failed = announce(swarms, 1).then(
      () => false,
      () => true,
    );
    const other = await announce(swarms, 1, { infohash: Buffer.alloc(20) });
    expect(other.counts.leechers).to.equal(1);
    expect(await failed).to.equal(true);
  });

  it('makes the process forget what it remembered, as the write may have been stored', async () => {
    let next: Fault = 'none';
    const site = new Site({}, { fault: (operation) => (operation === 'put' ? next : 'none') });
    const swarms = site.process();
    await announce(swarms, 1);
    next = 'after';
    await announce(swarms, 2).catch(() => undefined);
    next = 'none';
    expect(numbersOf(await announce(swarms, 3))).to.deep.equal([1, 2]);
  });
});

describe('stored bytes', () => {
  it('that are damaged are logged, and healed by the announces that follow', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    const { values } = await site.store.fetch(KEY);
    for (const value of values) await site.overwrite(KEY, damaged(value));
    const answer = await announce(site.process(), 2);
    expect(answer.counts.leechers).to.equal(1);
    expect(site.log.lines.map(({ level, event }) => `${level} ${event}`)).to.deep.equal([
      'error shard damaged',
    ]);
    await announce(site.process(), 1);
    const shards = await site.shardsAt(KEY);
    expect(shards.map(({ count }) => count)).to.deep.equal([2]);
    expect(site.log.lines).to.have.length(1);
  });

  it('of a newer format are refused and not written over', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const site = new Site({}, { concurrency });
      const warm = site.process();
      await announce(warm, 1);
      const { values } = await site.store.fetch(KEY);
      const newer = ofNewerFormat(Buffer.concat(values));
      await site.overwrite(KEY, newer);
      for (const swarms of [warm, site.process()]) {
        const refused = await announce(swarms, 2).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(ShardFormatError);
      }
      const held = await site.store.fetch(KEY);
      expect(held.values.some((value) => newer.equals(value))).to.equal(true);
    }
  });
});

describe('the shards that a process remembers', () => {
  it('are bounded by bytes, and the longest unused go first', async () => {
    const warmBytes = 20_000;
    const site = new Site({ warmBytes, warmMilliseconds: 1e9 });
    const swarms = site.process();
    const all = infohashes(200);
    for (const infohash of all) await announce(swarms, 1, { infohash });
    const isWarm: boolean[] = [];
    for (const infohash of [...all].reverse()) {
      const taken = await site.operationsOf(() => announce(swarms, 1, { infohash }));
      isWarm.push(taken.fetch === undefined);
    }
    const warm = isWarm.indexOf(false);
    expect(warm, 'the newest are still there').to.be.above(5);
    expect(warm, 'no more than fit').to.be.at.most(warmBytes / 31);
    expect(isWarm.slice(warm).includes(true), 'none of the older ones').to.equal(false);
  });

  it('keep the swarm that is announced to all the time', async () => {
    const site = new Site({ warmBytes: 20_000, warmMilliseconds: 1e9, shardPeers: 1000 });
    const swarms = site.process();
    let fetches = 0;
    for (const [i, infohash] of infohashes(200).entries()) {
      await announce(swarms, 1, { infohash });
      const taken = await site.operationsOf(() => announce(swarms, i, { infohash: INFOHASH }));
      fetches += taken.fetch ?? 0;
    }
    expect(fetches).to.equal(1);
  });

  it('are none with a bound of none', async () => {
    const site = new Site({ warmBytes: 0 });
    const swarms = site.process();
    await announce(swarms, 1);
    expect(await site.operationsOf(() => announce(swarms, 2))).to.deep.equal({ fetch: 1, put: 1 });
  });
});
