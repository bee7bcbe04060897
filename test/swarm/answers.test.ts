import { expect } from 'chai';

import { StoreUnavailableError } from '../../lib/store/errors.js';
import { V4 } from '../../lib/swarm/shard/peer-record.js';
import { hashPeerId, shardAt, shardKey } from '../../lib/swarm/shard/placement.js';
import type { Swarms } from '../../lib/swarm/swarms.js';
import { recordsOf } from '../support/swarm-arbitraries.js';
import { ofNewerFormat } from './support/damage.js';
import { numbersIn, peerIdOf, recordOf } from './support/peers.js';
import { announce, fill, KEY, numbersOf, SwarmHarness, upTo } from './support/swarm-harness.js';

/** Has a call of a harness's store wait until it is let go. */
function holdUp(
  harness: SwarmHarness,
  operation: 'fetch' | 'increment',
  key: string,
): { go: () => void; waiting: number } {
  const held = { go: (): void => undefined, waiting: 0 };
  const gate = new Promise<void>((resolve) => (held.go = resolve));
  const { store } = harness;
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
        const harness = new SwarmHarness({ shardPeers });
        const swarms = harness.process();
        for (const number of upTo(12)) await announce(swarms, number);
        harness.pass(1);
        const held = holdUp(harness, 'increment', KEY);
        const late = announce(swarms, 0, { event: 'completed', state: 'seeder' });
        await until(() => held.waiting > 0);
        for (const number of upTo(12).slice(1)) await announce(swarms, number, { event: 'stopped' });
        harness.pass(1);
        held.go();
        const answer = await late;
        expect(numbersOf(answer)).to.deep.equal([]);
        expect(answer.counts).to.include({ seeders: 1, leechers: 0 });
      });
    }

    it('though another shard was read meanwhile, nor has any announce of that second', async () => {
      const harness = new SwarmHarness({ shardPeers: 8 });
      const swarms = harness.process();
      const peers = upTo(24);
      for (let round = 0; round < 5; round++) {
        for (const number of peers) await announce(swarms, number, { event: 'started' });
      }
      const shards = await numbersOfShards(harness);
      const cold = shards.at(-1)?.n ?? 0;
      const shardOf = (number: number): number | undefined =>
        shards.find(({ n, depth }) => shardAt(hashPeerId(peerIdOf(number)), depth) === n)?.n;
      // All but one shard are remembered.
      harness.pass(4);
      const others = peers.filter((number) => shardOf(number) !== cold);
      for (const number of others) await announce(swarms, number, { event: 'started' });
      harness.pass(2);
      const held = holdUp(harness, 'fetch', shardKey(KEY, cold));
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
    const { harness, mine } = await swarmOfTwoShards({ peerLifetimeSeconds: 100, unwrittenSeconds: 10 });
    harness.pass(98);
    const held = holdUp(harness, 'fetch', shardKey(KEY, 1));
    const asking = announce(harness.process(), mine[0] ?? 0);
    await until(() => held.waiting > 0);
    harness.pass(3);
    held.go();
    const answer = await asking;
    expect(numbersOf(answer)).to.deep.equal([]);
    expect(answer.counts.leechers).to.equal(1);
  });

  describe('is what is at hand, with a log line, once the peer is stored, though another shard', () => {
    it('cannot be read', async () => {
      const { harness, mine } = await swarmOfTwoShards();
      failReadsOf(harness, shardKey(KEY, 1));
      await expectAnswers(harness, harness.process(), mine);
      expect(harness.log.lines.map(({ event }) => event)).to.include('neighbour not read');
    });

    it('is of a newer format', async () => {
      const { harness, mine } = await swarmOfTwoShards();
      const [stored] = (await harness.store.fetch(shardKey(KEY, 1))).values;
      await harness.overwrite(shardKey(KEY, 1), ofNewerFormat(Buffer.from(stored ?? [])));
      await expectAnswers(harness, harness.process(), mine);
      expect(harness.log.lines.map(({ event }) => event)).to.include('neighbour not read');
    });

    it('cannot take the misplaced records of this one, which stay until it can', async () => {
      const { harness, mine } = await swarmOfTwoShards();
      const [misplaced = 0] = numbersIn(1, 1, 1, 5000);
      const [root] = await harness.shardsAt(KEY);
      if (root === undefined) throw new Error('no shard 0');
      const withMisplaced = root.with(V4, recordOf(misplaced, { seen: harness.milliseconds / 1000 }));
      await harness.overwrite(KEY, withMisplaced.withHeader({ ...root.header, misplaced: true }).seal());
      const recover = failReadsOf(harness, shardKey(KEY, 1));
      const swarms = harness.process();
      await expectAnswers(harness, swarms, mine);
      expect(harness.log.lines.map(({ event }) => event)).to.include('misplaced peers not moved');
      recover();
      await announce(swarms, mine[0] ?? 0, { event: 'started' });
      expect(await storedIn(harness, KEY)).to.not.include(misplaced);
      expect((await harness.scrape()).counts.leechers).to.equal(25 + mine.length + 1);
    });
  });
});

/** A swarm of shards 0 and 1, and peers that belong into shard 0 and have not announced yet. */
async function swarmOfTwoShards(
  rules: ConstructorParameters<typeof SwarmHarness>[0] = {},
): Promise<{ harness: SwarmHarness; mine: number[] }> {
  const harness = new SwarmHarness({ shardPeers: 16, ...rules });
  await fill(harness.process(), upTo(25));
  expect((await numbersOfShards(harness)).map(({ n }) => n)).to.deep.equal([0, 1]);
  return { harness, mine: numbersIn(0, 1, 4, 1000) };
}

async function numbersOfShards(harness: SwarmHarness): Promise<{ n: number; depth: number }[]> {
  const shards: { n: number; depth: number }[] = [];
  for (const key of await harness.keys()) {
    const [shard] = await harness.shardsAt(key);
    shards.push({ n: Number(key.split('.')[1] ?? 0), depth: shard?.header.depth ?? 0 });
  }
  return shards;
}

/** @returns what ends it */
function failReadsOf(harness: SwarmHarness, key: string): () => void {
  const { store } = harness;
  const fetch = store.fetch.bind(store);
  store.fetch = (called) =>
    called === key ? Promise.reject(new StoreUnavailableError('arranged')) : fetch(called);
  return () => {
    store.fetch = fetch;
  };
}

/** Peers announce to shard 0, each is answered, and each is stored. */
async function expectAnswers(
  harness: SwarmHarness,
  swarms: Swarms,
  numbers: readonly number[],
): Promise<void> {
  for (const number of numbers) {
    expect((await announce(swarms, number, { event: 'started' })).counts.leechers).to.be.at.least(1);
  }
  expect(await storedIn(harness, KEY)).to.include.members([...numbers]);
}

/** The peers in all that is stored under a key. */
async function storedIn(harness: SwarmHarness, key: string): Promise<number[]> {
  const shards = await harness.shardsAt(key);
  return shards.flatMap(recordsOf).map((record) => record.readUInt32BE(16));
}
