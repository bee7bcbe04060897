import { expect } from 'chai';
import fc from 'fast-check';

import { newPurge, purgeSlice, type PurgeState } from '../../lib/purge/purge.js';
import type { PurgeSummary } from '../../lib/purge/summary.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import type { Store } from '../../lib/store/store.js';
import { infohashKey } from '../../lib/swarm/shard/placement.js';
import { scrapeSwarm } from '../../lib/swarm/sampling/scrape.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { openQuietStore } from '../store/lmdb/quiet-store.js';
import { defined } from '../support/defined.js';
import { MemoryStore, type MemoryStoreOptions } from '../support/memory-store.js';
import { seededRandom } from '../support/seeded-random.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { ofNewerFormat } from '../swarm/support/damage.js';
import { announce, announcementOf, SwarmHarness, upTo } from '../swarm/support/swarm-harness.js';
import { componentsOf, handedOver, infohashOf, OPTIONS, populate, purge } from './purging.js';

const LIFETIME = 2700;

/** A harness on which every call to the store takes so many milliseconds. */
function slowHarness(milliseconds: number, options: Partial<MemoryStoreOptions> = {}): SwarmHarness {
  const harness: SwarmHarness = new SwarmHarness(
    { shardPeers: 8 },
    {
      ...options,
      schedule: (label) => {
        if (label.endsWith('answer')) harness.milliseconds += milliseconds;
        return Promise.resolve();
      },
    },
  );
  return harness;
}

/** 60 swarms, of 1 to 30 peers. */
const sizes = new Map(upTo(60).map((swarm) => [swarm, 1 + ((swarm * 7) % 30)]));

/**
 * What a purge should say of swarms that were populated with these sizes, apart from what it did.
 */
function expectedOf(of: ReadonlyMap<number, number>): Partial<PurgeSummary> {
  let [peers, seeders] = [0, 0];
  for (const size of of.values()) {
    peers += size;
    seeders += Math.ceil(size / 3);
  }
  return { swarms: of.size, peers, seeders, leechers: peers - seeders, partialSeeds: 0, failures: 0 };
}

describe('the ranges of a new purge', () => {
  const { ranges } = newPurge(7);

  it('have every infohash in exactly one of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(65_535), (infohash, n) => {
        const key = `${infohashKey(infohash)}${n === 0 ? '' : `.${n}`}`;
        expect(ranges.filter(({ from, to }) => from <= key && key < to)).to.have.length(1);
      }),
    );
  });

  it('join without a gap, from the first infohash to the last', () => {
    for (const [i, { from, to }] of ranges.entries()) {
      expect(from < to).to.equal(true);
      expect(ranges[i + 1]?.from ?? to).to.equal(to);
    }
    const [first, last] = [ranges[0], ranges.at(-1)];
    expect(first !== undefined && first.from <= '00'.repeat(20)).to.equal(true);
    expect(last !== undefined && last.to > `${'ff'.repeat(20)}.65535`).to.equal(true);
  });

  it('stand beside the time and an empty summary', () => {
    expect(newPurge(7)).to.deep.include({ startedAt: 7, spentMilliseconds: 0 });
  });
});

describe('a purge', () => {
  it('counts what is there, and has the 20 largest swarms, as a plain count would', async () => {
    const harness = new SwarmHarness({ shardPeers: 8 });
    await populate(harness, sizes);
    const summary = await purge(harness);
    expect(summary).to.include({ ...expectedOf(sizes), recordsDropped: 0, shardsRemoved: 0 });
    expect(summary.shards).to.equal((await harness.keys()).length);
    const ordered = [...sizes.values()].sort((a, b) => b - a).slice(0, 20);
    expect(summary.largest.map(({ peers }) => peers)).to.deep.equal(ordered);
    for (const { infohash, peers } of summary.largest) {
      const [swarm = -1] = upTo(60).filter((number) => infohashOf(number).toString('hex') === infohash);
      expect(sizes.get(swarm)).to.equal(peers);
    }
  });

  it('gives the same whatever the pages, so with one key each too', async () => {
    for (const pageKeys of [1, 2, 3, 7, 1000]) {
      const harness = new SwarmHarness({ shardPeers: 4 });
      await populate(harness, sizes);
      const summary = await purge(harness, { pageKeys });
      expect(summary, `pages of ${pageKeys}`).to.include(expectedOf(sizes));
      expect(summary.largest).to.have.length(20);
    }
  });

  it('leaves nothing stored two lifetimes after the last announce, if it ran at each, but the downloads', async () => {
    const harness = new SwarmHarness({ shardPeers: 4 });
    await populate(harness, sizes);
    await harness.store.increment(infohashKey(infohashOf(1)), 3);
    harness.pass(LIFETIME);
    const first = await purge(harness);
    expect(first).to.include({ swarms: 0, peers: 0 });
    expect(first.recordsDropped).to.equal([...sizes.values()].reduce((sum, size) => sum + size, 0));
    harness.pass(LIFETIME);
    const second = await purge(harness);
    expect(await harness.keys()).to.deep.equal([]);
    expect(first.shardsRemoved + second.shardsRemoved).to.equal(first.shards);
    expect((await harness.scrape(infohashOf(1))).downloads).to.equal(3);
  });

  it('passes over keys that are no shards', async () => {
    const harness = new SwarmHarness();
    const strange = ['00', `${'0'.repeat(40)}.`, `${'0'.repeat(40)}.x`, 'A'.repeat(40), '0'.repeat(41)];
    for (const key of strange) await harness.store.put(key, Buffer.from('something else'));
    await populate(harness, new Map([[1, 2]]));
    expect(await purge(harness)).to.include({ swarms: 1, shards: 1, shardsRemoved: 0 });
    expect(await harness.keys()).to.include.members(strange);
  });

  it('goes on to the other swarms where one cannot be cleaned, and says so', async () => {
    const broken = infohashKey(infohashOf(3));
    const harness = new SwarmHarness(
      {},
      { fault: (called, key) => (called === 'fetch' && key === broken ? 'before' : 'none') },
    );
    const others = new Map([...sizes].filter(([swarm]) => swarm !== 3 && swarm < 10));
    await populate(harness, others);
    await harness.store.put(broken, Buffer.from('anything'));
    const newer = infohashKey(infohashOf(99));
    await announce(harness.process(), 1, { infohash: infohashOf(99) });
    const { values } = await harness.store.fetch(newer);
    await harness.overwrite(newer, ofNewerFormat(Buffer.concat(values)));
    const summary = await purge(harness);
    expect(summary).to.include({ ...expectedOf(others), failures: 2 });
    expect(harness.log.lines.map(({ event, fields }) => [event, fields['infohash']])).to.have.deep.members([
      ['swarm not purged', broken],
      ['swarm not purged', newer],
    ]);
    expect(await harness.keys()).to.include.members([broken, newer]);
  });

  it('cleans as many swarms at once as it may, and no more', async () => {
    for (const parallelism of [1, 3, 8]) {
      let underWay = 0;
      let most = 0;
      let watched = false;
      const harness = new SwarmHarness(
        {},
        {
          schedule: async (label) => {
            if (!watched) return;
            underWay += label.endsWith('answer') ? -1 : 1;
            most = Math.max(most, underWay);
            await new Promise(setImmediate);
          },
        },
      );
      await populate(harness, new Map(upTo(60).map((swarm) => [swarm, 1])));
      watched = true;
      await purge(harness, { parallelism });
      expect(most).to.equal(parallelism);
    }
  });
});

describe('a purge in slices', () => {
  it('comes to the same end with any budget, each slice from what the one before wrote down', async function () {
    this.timeout(30_000);
    for (const budgetMilliseconds of [1, 2, 5, 20, 100, 1000]) {
      for (const parallelism of [1, 4]) {
        const harness = slowHarness(1);
        await populate(harness, sizes);
        const summary = await purge(harness, { budgetMilliseconds, parallelism, pageKeys: 3 });
        const described = `${budgetMilliseconds} ms, ${parallelism} at once`;
        expect(summary, described).to.include(expectedOf(sizes));
        expect(summary.shards, described).to.equal((await harness.keys()).length);
        expect(summary.largest.map(({ peers }) => peers)).to.deep.equal(
          [...sizes.values()].sort((a, b) => b - a).slice(0, 20),
        );
      }
    }
  });

  it('ends though every single call takes longer than a slice has', async function () {
    this.timeout(30_000);
    const harness = slowHarness(100);
    await populate(
      harness,
      new Map([
        [1, 3],
        [2, 20],
      ]),
    );
    const summary = await purge(harness, { budgetMilliseconds: 10, parallelism: 2, pageKeys: 1 });
    expect(summary).to.include({ swarms: 2, peers: 23 });
  });

  it('stops when its time is spent, but for the swarms under way, and adds up the time', async () => {
    const harness = slowHarness(1);
    await populate(harness, new Map(upTo(100).map((swarm) => [swarm, 1])));
    const before = harness.milliseconds;
    const state = await purgeSlice(componentsOf(harness), newPurge(before), {
      ...OPTIONS,
      parallelism: 1,
      budgetMilliseconds: 50,
    });
    expect(harness.milliseconds - before).to.be.within(50, 55);
    expect(state.spentMilliseconds).to.equal(harness.milliseconds - before);
    expect(state.startedAt).to.equal(before);
    expect(state.ranges.length).to.be.above(100);
    const next = await purgeSlice(componentsOf(harness), handedOver(state), {
      ...OPTIONS,
      budgetMilliseconds: 50,
    });
    expect(next.spentMilliseconds).to.equal(harness.milliseconds - before);
  });

  it('does nothing without time', async () => {
    const harness = new SwarmHarness();
    await populate(harness, new Map([[1, 1]]));
    const state = newPurge(harness.milliseconds);
    const taken = await harness.operationsOf(async () => {
      const options = { ...OPTIONS, budgetMilliseconds: 0 };
      expect(await purgeSlice(componentsOf(harness), state, options)).to.deep.equal(state);
    });
    expect(taken).to.deep.equal({});
  });

  it('does not change the state that it goes on from', async () => {
    const harness = new SwarmHarness();
    await populate(harness, sizes);
    const state = newPurge(harness.milliseconds);
    const before = JSON.stringify(state);
    await purgeSlice(componentsOf(harness), state, OPTIONS);
    expect(JSON.stringify(state)).to.equal(before);
  });

  it('comes to the same counts wherever listing keys fails, if it goes on from the last state', async function () {
    this.timeout(30_000);
    for (const failing of [1, 2, 50, 150, 250]) {
      let listings = 0;
      let isWatched = false;
      const harness = slowHarness(1, {
        fault: (called) => (isWatched && called === 'keys' && ++listings === failing ? 'before' : 'none'),
      });
      await populate(harness, sizes);
      isWatched = true;
      let state: PurgeState = newPurge(harness.milliseconds);
      let failures = 0;
      while (state.ranges.length > 0) {
        const slice = purgeSlice(componentsOf(harness), handedOver(state), {
          ...OPTIONS,
          budgetMilliseconds: 40,
        });
        const outcome: unknown = await slice.catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).to.be.instanceOf(StoreUnavailableError);
          failures++;
        } else {
          state = await slice;
        }
      }
      expect(failures, `listing ${failing}`).to.equal(1);
      expect(state.summary, `listing ${failing}`).to.include(expectedOf(sizes));
    }
  });

  it('has nothing under way any more when it fails', async () => {
    let calls = 0;
    const harness: SwarmHarness = new SwarmHarness(
      {},
      {
        fault: (called, key) => (called === 'keys' && key === '05' ? 'before' : 'none'),
        schedule: async () => {
          calls++;
          await new Promise(setImmediate);
        },
      },
    );
    await populate(harness, sizes);
    await purgeSlice(componentsOf(harness), newPurge(0), OPTIONS).catch(() => undefined);
    const before = calls;
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(calls).to.equal(before);
  });

  it('finds what it missed the next time, if calls failed here and there', async function () {
    this.timeout(30_000);
    const random = seededRandom(5);
    let isFaulty = false;
    const harness = new SwarmHarness(
      { shardPeers: 4 },
      {
        fault: (called) =>
          isFaulty && called !== 'keys' && random() < 0.2 ? (random() < 0.5 ? 'before' : 'after') : 'none',
      },
    );
    await populate(harness, sizes);
    harness.pass(LIFETIME - 10);
    const staying = new Map(
      [...sizes].filter(([swarm]) => swarm % 2 === 0).map(([swarm, size]) => [swarm, Math.min(size, 3)]),
    );
    await populate(harness, staying);
    harness.pass(10);
    isFaulty = true;
    for (let i = 0; i < 3; i++) await purge(harness);
    isFaulty = false;
    expect((await purge(harness)).failures).to.equal(0);
    expect(await purge(harness)).to.include(expectedOf(staying));
  });
});

describe('a purge beside announces', () => {
  const stores: Record<string, () => Promise<{ store: Store; close: () => Promise<void> }>> = {
    'a store with siblings': () => {
      const store = new MemoryStore({ concurrency: 'siblings' });
      return Promise.resolve({ store, close: () => store.close() });
    },
    'a store with compare-and-swap': () => {
      const store = new MemoryStore({ concurrency: 'compare-and-swap' });
      return Promise.resolve({ store, close: () => store.close() });
    },
    LMDB: async () => {
      const directory = await makeTempDir();
      const store = await openQuietStore(directory, 'commit');
      return {
        store,
        close: async () => {
          await store.close();
          await removeTempDir(directory);
        },
      };
    },
  };

  for (const [name, open] of Object.entries(stores)) {
    it(`loses nobody, and two of them at once do neither, in ${name}`, async function () {
      this.timeout(60_000);
      const { store, close } = await open();
      try {
        const scene = new SwarmHarness({ shardPeers: 8, unwrittenSeconds: 0 });
        const { clock, log, random, rules } = scene;
        const processes = upTo(2).map(() => new Swarms({ store, clock, log, random, rules }));
        const swarmCount = 6;
        const announceAll = (numbers: readonly number[]): Promise<unknown> =>
          Promise.all(
            numbers.map((number) =>
              defined(processes[number % 2]).announce(
                announcementOf(number, { infohash: infohashOf(number % swarmCount) }),
                { limit: 10, withIds: false },
              ),
            ),
          );
        const components = { store, clock, log, ...rules };
        await announceAll(upTo(300));
        // All of these are about to expire; some come back while two purges clean and merge.
        scene.pass(LIFETIME);
        const back = upTo(300).filter((number) => number % 5 === 0);
        const purges = upTo(2).map(() => purgeSlice(components, newPurge(0), { ...OPTIONS, pageKeys: 5 }));
        for (let at = 0; at < back.length; at += 5) {
          await announceAll(back.slice(at, at + 5));
          await new Promise(setImmediate);
        }
        await Promise.all(purges);
        // In peace, what two purges and announces left to each other is put in order.
        const { summary } = await purgeSlice(components, newPurge(0), OPTIONS);
        expect(summary).to.include({ swarms: swarmCount, peers: back.length, failures: 0 });
        const expiryCutoff = Math.floor(clock.now() / 1000) - LIFETIME;
        for (const swarm of upTo(swarmCount)) {
          const { counts } = await scrapeSwarm({ store, random, log }, infohashOf(swarm), expiryCutoff);
          const expected = back.filter((number) => number % swarmCount === swarm).length;
          expect(counts.leechers, `swarm ${swarm}`).to.equal(expected);
        }
        expect(log.lines).to.deep.equal([]);
      } finally {
        await close();
      }
    });
  }
});
