import { expect } from 'chai';

import { emptySummary, type PurgeSummary } from '../../lib/purge/summary.js';
import { SwarmPurge } from '../../lib/purge/swarm-purge.js';
import { StoreUnavailableError } from '../../lib/store/errors.js';
import { SEEDER, STOPPED } from '../../lib/swarm/shard/peer-record.js';
import { shardKey } from '../../lib/swarm/shard/placement.js';
import { newHeader, ShardFormatError, type ShardHeader } from '../../lib/swarm/shard/header.js';
import { withMisplacedFlag } from '../../lib/swarm/shard/merge.js';
import { collectGarbage } from '../support/collect-garbage.js';
import type { Fault, Operation } from '../support/memory-store.js';
import { recordsOf, shardOf } from '../support/swarm-arbitraries.js';
import { damaged, ofNewerFormat } from '../swarm/support/damage.js';
import { numbersIn, recordOf, v6Of } from '../swarm/support/peers.js';
import { announce, fill, KEY, SwarmHarness, upTo } from '../swarm/support/swarm-harness.js';
import { componentsOf } from './purging.js';

const LIFETIME = 2700;

/** Cleans the swarm of the harness once, as it is stored now. */
async function clean(harness: SwarmHarness): Promise<PurgeSummary> {
  const summary = emptySummary();
  const numbers = (await harness.keys()).map((key) => Number(key.split('.')[1] ?? 0));
  await new SwarmPurge(componentsOf(harness)).clean(KEY, numbers, summary);
  return summary;
}

/**
 * Stores shard n with these records under a header, with whatever of them misplaced records known
 * to.
 */
async function store(
  harness: SwarmHarness,
  n: number,
  header: Partial<ShardHeader>,
  list: readonly Buffer[] = [],
): Promise<void> {
  const shard = withMisplacedFlag(shardOf(list, { ...newHeader(n), ...header }));
  await harness.overwrite(shardKey(KEY, n), Buffer.from(shard.seal()));
}

const seenNow = (harness: SwarmHarness, numbers: readonly number[]): Buffer[] =>
  numbers.map((number) => recordOf(number, { seen: harness.milliseconds / 1000 }));

/**
 * All peers in the store, by number, whichever shard they are in; twice if they are there twice.
 */
async function storedNumbers(harness: SwarmHarness): Promise<number[]> {
  const numbers: number[] = [];
  for (const key of await harness.keys()) {
    for (const shard of await harness.shardsAt(key)) {
      numbers.push(...recordsOf(shard).map((record) => record.readUInt32BE(16)));
    }
  }
  return numbers.sort((a, b) => a - b);
}

async function headersOf(harness: SwarmHarness): Promise<Map<string, ShardHeader>> {
  const headers = new Map<string, ShardHeader>();
  for (const key of await harness.keys()) {
    for (const { header } of await harness.shardsAt(key)) headers.set(key, header);
  }
  return headers;
}

/** Something that one waits for and another gives. */
function signal(): { give: () => void; given: Promise<void> } {
  let resolveGiven: () => void;
  const given = new Promise<void>((resolve) => (resolveGiven = resolve));
  return {
    give: () => {
      resolveGiven();
    },
    given,
  };
}

/** A scrape counts these leechers, and a process that starts cold finds each where it is. */
async function expectFindable(harness: SwarmHarness, numbers: readonly number[]): Promise<void> {
  expect((await harness.scrape()).counts.leechers).to.equal(numbers.length);
  const swarms = harness.process();
  for (const number of numbers.slice(0, 5)) {
    harness.pass(6);
    const taken = await harness.operationsOf(() => announce(swarms, number));
    // The peer is found where it is, so nothing is to be written.
    expect(taken.put).to.equal(undefined);
  }
}

describe('cleaning a swarm', () => {
  it('drops who has expired, tombstones too, and keeps who has not', async () => {
    const harness = new SwarmHarness();
    const now = harness.milliseconds / 1000;
    await store(harness, 0, {}, [
      recordOf(1, { seen: now - LIFETIME }),
      recordOf(2, { seen: now - LIFETIME + 1 }),
      recordOf(3, { seen: now - LIFETIME, flags: STOPPED }),
      recordOf(4, { seen: now - 10, flags: STOPPED }),
      recordOf(5, { seen: now - 9000, address: v6Of(5) }),
    ]);
    const summary = await clean(harness);
    expect(await storedNumbers(harness)).to.deep.equal([2, 4]);
    expect(summary).to.deep.equal({
      ...emptySummary(),
      swarms: 1,
      peers: 1,
      leechers: 1,
      shards: 1,
      recordsDropped: 3,
      largest: [{ infohash: KEY, peers: 1 }],
    });
  });

  it('writes nothing where there is nothing to do', async () => {
    const harness = new SwarmHarness({ shardPeers: 8 });
    await fill(harness.process(), upTo(100));
    const shards = (await harness.keys()).length;
    const purge = new SwarmPurge(componentsOf(harness));
    const numbers = (await harness.keys()).map((key) => Number(key.split('.')[1] ?? 0));
    await purge.clean(KEY, numbers, emptySummary());
    const taken = await harness.operationsOf(() => purge.clean(KEY, numbers, emptySummary()));
    expect(taken).to.deep.equal({ fetch: shards, count: 1 });
  });

  it('keeps no shard in memory that it has cleaned, however many a swarm has', async () => {
    const harness = new SwarmHarness({ shardPeers: 16 });
    await fill(harness.process(), upTo(800));
    const shards = (await harness.keys()).length;
    const read: WeakRef<ArrayBufferLike>[] = [];
    const fetch = harness.store.fetch.bind(harness.store);
    let most = 0;
    harness.store.fetch = async (key) => {
      if (read.length % 10 === 9) {
        await collectGarbage();
        most = Math.max(most, read.filter((bytes) => bytes.deref() !== undefined).length);
      }
      const held = await fetch(key);
      for (const { buffer } of held.values) read.push(new WeakRef(buffer));
      return held;
    };
    expect(await clean(harness)).to.include({ peers: 800, shards });
    expect(shards).to.be.above(60);
    expect(most).to.be.below(5);
  });

  it('counts who is in a shard that split off after the shards were listed', async () => {
    const harness = new SwarmHarness({ shardPeers: 8 });
    await fill(harness.process(), upTo(100));
    const summary = emptySummary();
    await new SwarmPurge(componentsOf(harness)).clean(KEY, [0], summary);
    expect(summary).to.include({ peers: 100, shards: (await harness.keys()).length });
  });

  it('does not count a shard that was gone before it was read', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    const summary = emptySummary();
    await new SwarmPurge(componentsOf(harness)).clean(KEY, [0, 1], summary);
    expect(summary).to.include({ peers: 1, shards: 1, shardsRemoved: 0 });
  });

  it('removes a swarm that nobody is in any more', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    harness.pass(LIFETIME);
    const summary = await clean(harness);
    expect(await harness.keys()).to.deep.equal([]);
    expect(summary).to.deep.equal({ ...emptySummary(), shards: 1, recordsDropped: 1, shardsRemoved: 1 });
  });

  it('counts a peer with two addresses once, a seeder if one of them is', async () => {
    const harness = new SwarmHarness();
    const seen = harness.milliseconds / 1000;
    await store(harness, 0, {}, [
      recordOf(1, { seen }),
      recordOf(1, { seen, address: v6Of(1), flags: SEEDER }),
      recordOf(2, { seen }),
    ]);
    expect(await clean(harness)).to.include({ swarms: 1, peers: 2, seeders: 1, leechers: 1 });
  });

  it('makes one value of several that were written at the same time', async () => {
    const harness = new SwarmHarness();
    for (const number of [1, 2, 3]) {
      await harness.store.put(KEY, Buffer.from(shardOf(seenNow(harness, [number])).seal()));
    }
    expect(await clean(harness)).to.include({ peers: 3, shards: 1 });
    expect(await harness.shardsAt(KEY)).to.have.length(1);
    expect(await storedNumbers(harness)).to.deep.equal([1, 2, 3]);
  });

  it('moves who is in a shard that is not theirs', async () => {
    const harness = new SwarmHarness({ shardPeers: 4 });
    const [zeros, ones] = [numbersIn(0, 1, 3), numbersIn(1, 1, 3)];
    await store(harness, 0, { depth: 1 }, seenNow(harness, [...zeros, ...ones]));
    await store(harness, 1, {});
    await clean(harness);
    expect((await harness.shardsAt(`${KEY}.1`))[0]?.count).to.equal(3);
    expect(await storedNumbers(harness)).to.deep.equal([...zeros, ...ones].sort((a, b) => a - b));
    expect(await clean(harness)).to.include({ peers: 6 });
  });

  it('finishes a split of which the parent was not told', async () => {
    const harness = new SwarmHarness({ shardPeers: 4 });
    const [zeros, ones] = [numbersIn(0, 1, 3), numbersIn(1, 1, 3)];
    await store(harness, 0, {}, seenNow(harness, [...zeros, ...ones]));
    await store(harness, 1, {}, seenNow(harness, ones));
    await clean(harness);
    const headers = await headersOf(harness);
    expect(headers.get(KEY)).to.deep.include({ depth: 1, misplaced: false });
    await expectFindable(harness, [...zeros, ...ones]);
  });

  it('counts a peer once that a shard and its parent hold, as two purges that merge at once may leave it', async () => {
    const harness = new SwarmHarness({ shardPeers: 16 });
    const [ofParent, ofChild] = [numbersIn(0, 1, 8), numbersIn(1, 1, 9)];
    await store(harness, 0, {}, seenNow(harness, [...ofParent, ...ofChild.slice(0, 4)]));
    await store(harness, 1, { depth: 1 }, seenNow(harness, ofChild.slice(1)));
    expect(await clean(harness)).to.include({ swarms: 1, peers: 17, leechers: 17 });
    expect((await harness.scrape()).counts.leechers).to.equal(17);
    expect(await storedNumbers(harness)).to.deep.equal([...ofParent, ...ofChild].sort((a, b) => a - b));
  });

  it('makes the shards between one and the root that nobody finds', async () => {
    const harness = new SwarmHarness({ shardPeers: 4 });
    // Shard 7 was split off from 3, which was split off from 1: both are gone.
    const sevens = numbersIn(7, 3, 4);
    await store(harness, 0, {});
    await store(harness, 7, {}, seenNow(harness, sevens));
    await clean(harness);
    expect((await harness.scrape()).counts.leechers).to.equal(4);
    await expectFindable(harness, sevens);
  });
});

describe('a swarm that has become small', () => {
  it('merges back, youngest shard first, and everybody is findable in between and after', async () => {
    const harness = new SwarmHarness({ shardPeers: 8, unwrittenSeconds: 2000 });
    await fill(harness.process(), upTo(200));
    const before = (await harness.keys()).length;
    expect(before).to.be.above(30);
    harness.pass(LIFETIME / 2);
    const staying = upTo(200).filter((number) => number % 50 === 0);
    await fill(harness.process(), staying, () => ({ event: 'started' }));
    harness.pass(LIFETIME / 2);
    const summary = await clean(harness);
    expect(summary.shardsMerged).to.equal(before - 1);
    expect(summary).to.include({ peers: 4, recordsDropped: 196 });
    const headers = await headersOf(harness);
    expect(headers.get(KEY)).to.deep.include({ depth: 0, forwarding: false });
    for (const [key, header] of headers) expect(header.forwarding, key).to.equal(key !== KEY);
    expect(await storedNumbers(harness)).to.deep.equal(staying);
    await expectFindable(harness, staying);
  });

  it('loses and hides nobody wherever the merging breaks off', async function () {
    this.timeout(30_000);
    const staying = [3, 14, 15, 92];
    let calls = Infinity;
    for (let stopAt = 1; stopAt <= calls; stopAt++) {
      for (const fault of ['before', 'after'] as const) {
        let called = -Infinity;
        const harness = new SwarmHarness(
          { shardPeers: 4 },
          { fault: (): Fault => (++called < stopAt ? 'none' : fault) },
        );
        const swarms = harness.process();
        await fill(swarms, upTo(20));
        await fill(swarms, staying);
        harness.pass(LIFETIME / 2);
        await fill(harness.process(), staying);
        harness.pass(LIFETIME / 2);
        const numbers = (await harness.keys()).map((key) => Number(key.split('.')[1] ?? 0));
        called = 0;
        const failure: unknown = await new SwarmPurge(componentsOf(harness))
          .clean(KEY, numbers, emptySummary())
          .catch((error: unknown) => error);
        if (failure === undefined) calls = Math.min(calls, called);
        else expect(failure).to.be.instanceOf(StoreUnavailableError);
        called = -Infinity;
        const described = `${fault} call ${stopAt}`;
        expect([...new Set(await storedNumbers(harness))], described).to.include.members(staying);
        // Whoever announces now is found, and the next purge finishes what this one began.
        await announce(harness.process(), 500);
        await clean(harness);
        await clean(harness);
        expect((await harness.scrape()).counts.leechers, described).to.equal(staying.length + 1);
        expect(await storedNumbers(harness), described).to.have.members([...staying, 500]);
      }
    }
    expect(calls).to.be.within(10, 200);
  });

  it('loses nobody whom one purge takes back and another one, which then stops, takes for a split under way', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const steps = { child: signal(), back: signal(), apart: signal() };
      const written = new Map<string, number>();
      const harness = new SwarmHarness(
        { shardPeers: 16 },
        {
          concurrency,
          schedule: async (label) => {
            const times = (written.get(label) ?? 0) + 1;
            written.set(label, times);
            // The other purge has made sure of the child, and is slow to go on.
            if (label === `put ${KEY}.1 answer` && times === 2) {
              steps.child.give();
              await steps.back.given;
            }
            // This one has told the root of the child, and then has taken it back.
            if (label === `put ${KEY} answer` && times === 3) {
              steps.back.give();
              await steps.apart.given;
            }
            // The other one has told the root of the child again, and moved its peers there, where
            // they are. It does nothing more.
            if (label === `put ${KEY} answer` && times === 5) {
              steps.apart.give();
              await new Promise(() => undefined);
            }
          },
        },
      );
      const [zeros, ones] = [numbersIn(0, 1, 2), numbersIn(1, 1, 2)];
      await store(harness, 0, {}, seenNow(harness, zeros));
      await store(harness, 1, {}, seenNow(harness, ones));
      void clean(harness);
      await steps.child.given;
      await clean(harness);
      expect(await storedNumbers(harness), concurrency).to.deep.equal(
        [...zeros, ...ones].sort((a, b) => a - b),
      );
      await expectFindable(harness, [...zeros, ...ones]);
    }
  });

  it('keeps the shards that have enough peers as they are', async () => {
    const harness = new SwarmHarness({ shardPeers: 8 });
    const counts = [
      { zeros: 2, ones: 2, merges: true },
      { zeros: 0, ones: 4, merges: true },
      { zeros: 3, ones: 2, merges: false },
      { zeros: 5, ones: 0, merges: false },
    ];
    for (const { zeros, ones, merges } of counts) {
      await store(harness, 0, { depth: 1 }, seenNow(harness, numbersIn(0, 1, zeros)));
      await store(harness, 1, {}, seenNow(harness, numbersIn(1, 1, ones)));
      expect((await clean(harness)).shardsMerged, `${zeros} and ${ones}`).to.equal(merges ? 1 : 0);
    }
  });

  it('has shards that forward for one lifetime, and are then removed', async () => {
    const harness = new SwarmHarness();
    await store(harness, 0, { depth: 1 }, seenNow(harness, numbersIn(0, 1, 1)));
    await store(harness, 1, {});
    await clean(harness);
    expect((await headersOf(harness)).get(`${KEY}.1`)?.forwardingSince).to.equal(harness.milliseconds / 1000);
    harness.pass(LIFETIME - 1);
    await announce(harness.process(), 1);
    await clean(harness);
    expect(await harness.keys()).to.have.length(2);
    harness.pass(1);
    expect(await clean(harness)).to.include({ shardsRemoved: 1, peers: 1 });
    expect(await harness.keys()).to.deep.equal([KEY]);
  });

  it('sends on who comes with the old depth in mind', async () => {
    const harness = new SwarmHarness({ shardPeers: 8, warmMilliseconds: 5000 });
    const swarms = harness.process();
    const ones = numbersIn(1, 1, 9);
    await fill(swarms, [...numbersIn(0, 1, 9), ...ones]);
    harness.pass(LIFETIME);
    await clean(harness);
    const [late = 0] = ones;
    const { counts } = await announce(swarms, late);
    expect(counts.leechers).to.equal(1);
    const [root] = await harness.shardsAt(KEY);
    expect(
      (root === undefined ? [] : recordsOf(root)).map((record) => record.readUInt32BE(16)),
    ).to.deep.equal([late]);
  });

  it('splits again when it grows again, and its shards come back to life', async () => {
    const harness = new SwarmHarness({ shardPeers: 16 });
    await fill(harness.process(), upTo(100));
    harness.pass(LIFETIME);
    await clean(harness);
    await fill(harness.process(), upTo(100));
    expect((await harness.scrape()).counts.leechers).to.equal(100);
    const headers = [...(await headersOf(harness)).values()];
    expect(headers.filter(({ forwarding }) => !forwarding).length).to.be.above(6);
    expect(await storedNumbers(harness)).to.deep.equal(upTo(100));
    await clean(harness);
    expect((await harness.scrape()).counts.leechers).to.equal(100);
  });

  it('is gone without a trace two lifetimes and two purges after the last announce', async () => {
    for (const size of [1, 9, 100, 400]) {
      const harness = new SwarmHarness({ shardPeers: 8 });
      await fill(harness.process(), upTo(size));
      harness.pass(LIFETIME);
      await clean(harness);
      harness.pass(LIFETIME);
      await clean(harness);
      expect(await harness.keys(), `${size} peers`).to.deep.equal([]);
    }
  });

  it('is gone without a trace though a purge broke off or shards were lost', async () => {
    // Of nine peers there are two shards: nothing that is left was split off from the one that is
    // lost.
    for (const [size, lost] of [
      [60, 1],
      [60, 2],
      [60, 3],
      [9, 1],
    ] as const) {
      const harness = new SwarmHarness({ shardPeers: 8 });
      await fill(harness.process(), upTo(size));
      const { version } = await harness.store.fetch(shardKey(KEY, lost));
      if (version === undefined) expect.fail(`no shard ${lost}`);
      await harness.store.remove(shardKey(KEY, lost), version);
      harness.pass(LIFETIME);
      await clean(harness);
      harness.pass(LIFETIME);
      await clean(harness);
      expect(await harness.keys(), `${size} peers, without shard ${lost}`).to.deep.equal([]);
    }
  });
});

describe('stored bytes that a purge finds', () => {
  it('are removed where they are damaged, with a log line; the others of the swarm stay', async () => {
    const harness = new SwarmHarness({ shardPeers: 16 });
    await fill(harness.process(), upTo(100));
    const [shard] = await harness.shardsAt(`${KEY}.1`);
    const lost = shard?.count ?? 0;
    const { values } = await harness.store.fetch(`${KEY}.1`);
    for (const value of values) await harness.overwrite(`${KEY}.1`, damaged(value));
    const summary = await clean(harness);
    expect(harness.log.lines.map(({ level, event }) => `${level} ${event}`)).to.include(
      'error shard damaged',
    );
    expect(summary).to.include({ shardsRemoved: 1, peers: 100 - lost });
    harness.log.lines.length = 0;
    expect(await clean(harness)).to.include({ peers: 100 - lost });
    expect(harness.log.lines).to.deep.equal([]);
    // Who was lost comes back with its next announce, and is found.
    await fill(harness.process(), upTo(100));
    expect((await harness.scrape()).counts.leechers).to.equal(100);
  });

  it('are left alone where a newer version of the tracker wrote them', async () => {
    const harness = new SwarmHarness();
    await announce(harness.process(), 1);
    const { values } = await harness.store.fetch(KEY);
    const newer = ofNewerFormat(Buffer.concat(values));
    await harness.overwrite(KEY, newer);
    harness.pass(2 * LIFETIME);
    const failure: unknown = await clean(harness).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ShardFormatError);
    expect((await harness.store.fetch(KEY)).values).to.deep.equal([Uint8Array.from(newer)]);
  });

  it('survive if somebody writes them between the look and the removal', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      let intrude: (() => Promise<unknown>) | undefined;
      const harness = new SwarmHarness(
        {},
        {
          concurrency,
          schedule: async (label) => {
            if (label !== `remove ${KEY}`) return;
            const once = intrude;
            intrude = undefined;
            await once?.();
          },
        },
      );
      await announce(harness.process(), 1);
      harness.pass(LIFETIME);
      const other = harness.process();
      intrude = () => announce(other, 2);
      await clean(harness);
      expect(await storedNumbers(harness), concurrency).to.include(2);
      expect((await harness.scrape()).counts.leechers).to.equal(1);
    }
  });

  it('fail the purge with the store', async () => {
    for (const operation of ['fetch', 'put', 'remove'] as Operation[]) {
      let fails = false;
      const harness = new SwarmHarness(
        {},
        { fault: (called) => (fails && called === operation ? 'before' : 'none') },
      );
      await announce(harness.process(), 1);
      harness.pass(LIFETIME / 2);
      if (operation === 'put') await announce(harness.process(), 2);
      harness.pass(LIFETIME / 2);
      fails = true;
      const failure: unknown = await clean(harness).catch((error: unknown) => error);
      expect(failure, operation).to.be.instanceOf(StoreUnavailableError);
    }
  });
});
