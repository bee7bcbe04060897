import { expect } from 'chai';

import { StoreUnavailableError } from '../../lib/store/errors.js';
import { V4 } from '../../lib/swarm/shard/peer-record.js';
import { hashPeerId, shardAt, shardKey } from '../../lib/swarm/shard/placement.js';
import type { Swarms } from '../../lib/swarm/swarms.js';
import { recordsOf } from '../support/swarm-arbitraries.js';
import { ofNewerFormat } from './support/damage.js';
import { numbersIn, peerIdOf, recordOf } from './support/peers.js';
import { announce, fill, KEY, numbersOf, Site, upTo } from './support/site.js';

/** Has a call of a site's store wait until it is let go. */
function holdUp(
  site: Site,
  operation: 'fetch' | 'increment',
  key: string,
): { go: () => void; waiting: number } {
  const held = { go: (): void => undefined, waiting: 0 };
  const gate = new Promise<void>((resolve) => (held.go = resolve));
  const { store } = site;
  const wait = async (called: string): Promise<void> => {
    if (called !== key) return;
    held.waiting++;
    await gate;
  };
  const fetch = store.fetch.bind(store);
  const increment = store.increment.bind(store);
  if (operation === 'fetch') store.fetch = (called) => wait(called).then(() => fetch(called));
  else store.increment = (called, by) => wait(called).then(() => increment(called, by));
  return held;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

describe('what an announce is answered with', () => {
  describe('has no peer whose stop was answered before, and does not count it,', () => {
    for (const [where, shardPeers] of [
      ['of one shard', 192],
      ['of several', 8],
    ] as const) {
      it(`though a download was counted meanwhile, in a swarm ${where}`, async () => {
        const site = new Site({ shardPeers });
        const swarms = site.process();
        for (const number of upTo(12)) await announce(swarms, number);
        site.pass(1);
        const held = holdUp(site, 'increment', KEY);
        const late = announce(swarms, 0, { event: 'completed', state: 'seeder' });
        await until(() => held.waiting > 0);
        for (const number of upTo(12).slice(1)) await announce(swarms, number, { event: 'stopped' });
        site.pass(1);
        held.go();
        const answer = await late;
        expect(numbersOf(answer)).to.deep.equal([]);
        expect(answer.counts).to.include({ seeders: 1, leechers: 0 });
      });
    }

    it('though another shard was read meanwhile, nor has any announce of that second', async () => {
      const site = new Site({ shardPeers: 8 });
      const swarms = site.process();
      const peers = upTo(24);
      for (let round = 0; round < 5; round++) {
        for (const number of peers) await announce(swarms, number, { event: 'started' });
      }
      const shards = await numbersOfShards(site);
      const cold = shards.at(-1)?.n ?? 0;
      const shardOf = (number: number): number | undefined =>
        shards.find(({ n, depth }) => shardAt(hashPeerId(peerIdOf(number)), depth) === n)?.n;
      // All but one shard are remembered.
      site.pass(4);
      const others = peers.filter((number) => shardOf(number) !== cold);
      for (const number of others) await announce(swarms, number, { event: 'started' });
      site.pass(2);
      const held = holdUp(site, 'fetch', shardKey(KEY, cold));
      const [first = 0, ...rest] = others;
      const second = rest.find((number) => shardOf(number) === shardOf(first)) ?? 0;
      const leaves = rest.find((number) => shardOf(number) !== shardOf(first)) ?? 0;
      // The view that the second one makes is kept for the rest of the second.
      const asking = [first, second].map((number) => announce(swarms, number));
      await until(() => held.waiting > 0);
      await announce(swarms, leaves, { event: 'stopped' });
      held.go();
      for (const answer of await Promise.all(asking)) expect(numbersOf(answer)).to.not.include(leaves);
      for (let i = 0; i < 20; i++) {
        const answer = await announce(swarms, first, { event: i % 2 === 0 ? 'none' : 'started' });
        expect(numbersOf(answer)).to.not.include(leaves);
        expect(answer.counts).to.include({ seeders: 0, leechers: peers.length - 1 });
      }
    });
  });

  it('has no peer that expired while another shard was read, and does not count it', async () => {
    const { site, mine } = await swarmOfTwoShards({ peerLifetimeSeconds: 100, unwrittenSeconds: 10 });
    site.pass(98);
    const held = holdUp(site, 'fetch', shardKey(KEY, 1));
    const asking = announce(site.process(), mine[0] ?? 0);
    await until(() => held.waiting > 0);
    site.pass(3);
    held.go();
    const answer = await asking;
    expect(numbersOf(answer)).to.deep.equal([]);
    expect(answer.counts.leechers).to.equal(1);
  });

  describe('is what is at hand, with a log line, once the peer is stored, though another shard', () => {
    it('cannot be read', async () => {
      const { site, mine } = await swarmOfTwoShards();
      failReadsOf(site, shardKey(KEY, 1));
      await expectAnswers(site, site.process(), mine);
      expect(site.log.lines.map(({ event }) => event)).to.include('neighbour not read');
    });

    it('is of a newer format', async () => {
      const { site, mine } = await swarmOfTwoShards();
      const [stored] = (await site.store.fetch(shardKey(KEY, 1))).values;
      await site.overwrite(shardKey(KEY, 1), ofNewerFormat(Buffer.from(stored ?? [])));
      await expectAnswers(site, site.process(), mine);
      expect(site.log.lines.map(({ event }) => event)).to.include('neighbour not read');
    });

    it('cannot take the misplaced records of this one, which stay until it can', async () => {
      const { site, mine } = await swarmOfTwoShards();
      const [misplaced = 0] = numbersIn(1, 1, 1, 5000);
      const [root] = await site.shardsAt(KEY);
      if (root === undefined) throw new Error('no shard 0');
      const withMisplaced = root.with(V4, recordOf(misplaced, { seen: site.milliseconds / 1000 }));
      await site.overwrite(KEY, withMisplaced.withHeader({ ...root.header, misplaced: true }).seal());
      const recover = failReadsOf(site, shardKey(KEY, 1));
      const swarms = site.process();
      await expectAnswers(site, swarms, mine);
      expect(site.log.lines.map(({ event }) => event)).to.include('misplaced peers not moved');
      recover();
      await announce(swarms, mine[0] ?? 0, { event: 'started' });
      expect(await storedIn(site, KEY)).to.not.include(misplaced);
      expect((await site.scrape()).counts.leechers).to.equal(25 + mine.length + 1);
    });
  });
});

/** A swarm of shards 0 and 1, and peers that belong into shard 0 and have not announced yet. */
async function swarmOfTwoShards(
  rules: ConstructorParameters<typeof Site>[0] = {},
): Promise<{ site: Site; mine: number[] }> {
  const site = new Site({ shardPeers: 16, ...rules });
  await fill(site.process(), upTo(25));
  expect((await numbersOfShards(site)).map(({ n }) => n)).to.deep.equal([0, 1]);
  return { site, mine: numbersIn(0, 1, 4, 1000) };
}

async function numbersOfShards(site: Site): Promise<{ n: number; depth: number }[]> {
  const shards: { n: number; depth: number }[] = [];
  for (const key of await site.keys()) {
    const [shard] = await site.shardsAt(key);
    shards.push({ n: Number(key.split('.')[1] ?? 0), depth: shard?.header.depth ?? 0 });
  }
  return shards;
}

/** @returns what ends it */
function failReadsOf(site: Site, key: string): () => void {
  const { store } = site;
  const fetch = store.fetch.bind(store);
  store.fetch = (called) =>
    called === key ? Promise.reject(new StoreUnavailableError('arranged')) : fetch(called);
  return () => {
    store.fetch = fetch;
  };
}

/** Peers announce to shard 0, each is answered, and each is stored. */
async function expectAnswers(site: Site, swarms: Swarms, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    expect((await announce(swarms, number, { event: 'started' })).counts.leechers).to.be.at.least(1);
  }
  expect(await storedIn(site, KEY)).to.include.members([...numbers]);
}

/** The peers in all that is stored under a key. */
async function storedIn(site: Site, key: string): Promise<number[]> {
  const shards = await site.shardsAt(key);
  return shards.flatMap(recordsOf).map((record) => record.readUInt32BE(16));
}
