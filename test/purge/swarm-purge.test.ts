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
import { announce, fill, KEY, Site, upTo } from '../swarm/support/site.js';
import { componentsOf } from './purging.js';

const LIFETIME = 2700;

/** Cleans the swarm of the site once, as it is stored now. */
async function clean(site: Site): Promise<PurgeSummary> {
  const summary = emptySummary();
  const numbers = (await site.keys()).map((key) => Number(key.split('.')[1] ?? 0));
  await new SwarmPurge(componentsOf(site)).clean(KEY, numbers, summary);
  return summary;
}

/**
 * Stores shard n with these records under a header, with whatever of them misplaced records known
 * to.
 */
async function store(
  site: Site,
  n: number,
  header: Partial<ShardHeader>,
  list: readonly Buffer[] = [],
): Promise<void> {
  const shard = withMisplacedFlag(shardOf(list, { ...newHeader(n), ...header }));
  await site.overwrite(shardKey(KEY, n), Buffer.from(shard.seal()));
}

const seenNow = (site: Site, numbers: readonly number[]): Buffer[] =>
  numbers.map((number) => recordOf(number, { seen: site.milliseconds / 1000 }));

/**
 * All peers in the store, by number, whichever shard they are in; twice if they are there twice.
 */
async function storedNumbers(site: Site): Promise<number[]> {
  const numbers: number[] = [];
  for (const key of await site.keys()) {
    for (const shard of await site.shardsAt(key)) {
      numbers.push(...recordsOf(shard).map((record) => record.readUInt32BE(16)));
    }
  }
  return numbers.sort((a, b) => a - b);
}

async function headersOf(site: Site): Promise<Map<string, ShardHeader>> {
  const headers = new Map<string, ShardHeader>();
  for (const key of await site.keys()) {
    for (const { header } of await site.shardsAt(key)) headers.set(key, header);
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
async function expectFindable(site: Site, numbers: readonly number[]): Promise<void> {
  expect((await site.scrape()).counts.leechers).to.equal(numbers.length);
  const swarms = site.process();
  for (const number of numbers.slice(0, 5)) {
    site.pass(6);
    const taken = await site.operationsOf(() => announce(swarms, number));
    // The peer is found where it is, so nothing is to be written.
    expect(taken.put).to.equal(undefined);
  }
}

describe('cleaning a swarm', () => {
  it('drops who has expired, tombstones too, and keeps who has not', async () => {
    const site = new Site();
    const now = site.milliseconds / 1000;
    await store(site, 0, {}, [
      recordOf(1, { seen: now - LIFETIME }),
      recordOf(2, { seen: now - LIFETIME + 1 }),
      recordOf(3, { seen: now - LIFETIME, flags: STOPPED }),
      recordOf(4, { seen: now - 10, flags: STOPPED }),
      recordOf(5, { seen: now - 9000, address: v6Of(5) }),
    ]);
    const summary = await clean(site);
    expect(await storedNumbers(site)).to.deep.equal([2, 4]);
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
    const site = new Site({ shardPeers: 8 });
    await fill(site.process(), upTo(100));
    const shards = (await site.keys()).length;
    const purge = new SwarmPurge(componentsOf(site));
    const numbers = (await site.keys()).map((key) => Number(key.split('.')[1] ?? 0));
    await purge.clean(KEY, numbers, emptySummary());
    const taken = await site.operationsOf(() => purge.clean(KEY, numbers, emptySummary()));
    expect(taken).to.deep.equal({ fetch: shards, count: 1 });
  });

  it('keeps no shard in memory that it has cleaned, however many a swarm has', async () => {
    const site = new Site({ shardPeers: 16 });
    await fill(site.process(), upTo(800));
    const shards = (await site.keys()).length;
    const read: WeakRef<ArrayBufferLike>[] = [];
    const fetch = site.store.fetch.bind(site.store);
    let most = 0;
    site.store.fetch = async (key) => {
      if (read.length % 10 === 9) {
        await collectGarbage();
        most = Math.max(most, read.filter((bytes) => bytes.deref() !== undefined).length);
      }
      const held = await fetch(key);
      for (const { buffer } of held.values) read.push(new WeakRef(buffer));
      return held;
    };
    expect(await clean(site)).to.include({ peers: 800, shards });
    expect(shards).to.be.above(60);
    expect(most).to.be.below(5);
  });

  it('counts who is in a shard that split off after the shards were listed', async () => {
    const site = new Site({ shardPeers: 8 });
    await fill(site.process(), upTo(100));
    const summary = emptySummary();
    await new SwarmPurge(componentsOf(site)).clean(KEY, [0], summary);
    expect(summary).to.include({ peers: 100, shards: (await site.keys()).length });
  });

  it('does not count a shard that was gone before it was read', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    const summary = emptySummary();
    await new SwarmPurge(componentsOf(site)).clean(KEY, [0, 1], summary);
    expect(summary).to.include({ peers: 1, shards: 1, shardsRemoved: 0 });
  });

  it('removes a swarm that nobody is in any more', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    site.pass(LIFETIME);
    const summary = await clean(site);
    expect(await site.keys()).to.deep.equal([]);
    expect(summary).to.deep.equal({ ...emptySummary(), shards: 1, recordsDropped: 1, shardsRemoved: 1 });
  });

  it('counts a peer with two addresses once, a seeder if one of them is', async () => {
    const site = new Site();
    const seen = site.milliseconds / 1000;
    await store(site, 0, {}, [
      recordOf(1, { seen }),
      recordOf(1, { seen, address: v6Of(1), flags: SEEDER }),
      recordOf(2, { seen }),
    ]);
    expect(await clean(site)).to.include({ swarms: 1, peers: 2, seeders: 1, leechers: 1 });
  });

  it('makes one value of several that were written at the same time', async () => {
    const site = new Site();
    for (const number of [1, 2, 3]) {
      await site.store.put(KEY, Buffer.from(shardOf(seenNow(site, [number])).seal()));
    }
    expect(await clean(site)).to.include({ peers: 3, shards: 1 });
    expect(await site.shardsAt(KEY)).to.have.length(1);
    expect(await storedNumbers(site)).to.deep.equal([1, 2, 3]);
  });

  it('moves who is in a shard that is not theirs', async () => {
    const site = new Site({ shardPeers: 4 });
    const [zeros, ones] = [numbersIn(0, 1, 3), numbersIn(1, 1, 3)];
    await store(site, 0, { depth: 1 }, seenNow(site, [...zeros, ...ones]));
    await store(site, 1, {});
    await clean(site);
    expect((await site.shardsAt(`${KEY}.1`))[0]?.count).to.equal(3);
    expect(await storedNumbers(site)).to.deep.equal([...zeros, ...ones].sort((a, b) => a - b));
    expect(await clean(site)).to.include({ peers: 6 });
  });

  it('finishes a split of which the parent was not told', async () => {
    const site = new Site({ shardPeers: 4 });
    const [zeros, ones] = [numbersIn(0, 1, 3), numbersIn(1, 1, 3)];
    await store(site, 0, {}, seenNow(site, [...zeros, ...ones]));
    await store(site, 1, {}, seenNow(site, ones));
    await clean(site);
    const headers = await headersOf(site);
    expect(headers.get(KEY)).to.deep.include({ depth: 1, misplaced: false });
    await expectFindable(site, [...zeros, ...ones]);
  });

  it('counts a peer once that a shard and its parent hold, as two purges that merge at once may leave it', async () => {
    const site = new Site({ shardPeers: 16 });
    const [ofParent, ofChild] = [numbersIn(0, 1, 8), numbersIn(1, 1, 9)];
    await store(site, 0, {}, seenNow(site, [...ofParent, ...ofChild.slice(0, 4)]));
    await store(site, 1, { depth: 1 }, seenNow(site, ofChild.slice(1)));
    expect(await clean(site)).to.include({ swarms: 1, peers: 17, leechers: 17 });
    expect((await site.scrape()).counts.leechers).to.equal(17);
    expect(await storedNumbers(site)).to.deep.equal([...ofParent, ...ofChild].sort((a, b) => a - b));
  });

  it('makes the shards between one and the root that nobody finds', async () => {
    const site = new Site({ shardPeers: 4 });
    // Shard 7 was split off from 3, which was split off from 1: both are gone.
    const sevens = numbersIn(7, 3, 4);
    await store(site, 0, {});
    await store(site, 7, {}, seenNow(site, sevens));
    await clean(site);
    expect((await site.scrape()).counts.leechers).to.equal(4);
    await expectFindable(site, sevens);
  });
});

describe('a swarm that has become small', () => {
  it('merges back, youngest shard first, and everybody is findable in between and after', async () => {
    const site = new Site({ shardPeers: 8, unwrittenSeconds: 2000 });
    await fill(site.process(), upTo(200));
    const before = (await site.keys()).length;
    expect(before).to.be.above(30);
    site.pass(LIFETIME / 2);
    const staying = upTo(200).filter((number) => number % 50 === 0);
    await fill(site.process(), staying, () => ({ event: 'started' }));
    site.pass(LIFETIME / 2);
    const summary = await clean(site);
    expect(summary.shardsMerged).to.equal(before - 1);
    expect(summary).to.include({ peers: 4, recordsDropped: 196 });
    const headers = await headersOf(site);
    expect(headers.get(KEY)).to.deep.include({ depth: 0, forwarding: false });
    for (const [key, header] of headers) expect(header.forwarding, key).to.equal(key !== KEY);
    expect(await storedNumbers(site)).to.deep.equal(staying);
    await expectFindable(site, staying);
  });

  it('loses and hides nobody wherever the merging breaks off', async function () {
    this.timeout(30_000);
    const staying = [3, 14, 15, 92];
    let calls = Infinity;
    for (let stopAt = 1; stopAt <= calls; stopAt++) {
      for (const fault of ['before', 'after'] as const) {
        let called = -Infinity;
        const site = new Site(
          { shardPeers: 4 },
          { fault: (): Fault => (++called < stopAt ? 'none' : fault) },
        );
        const swarms = site.process();
        await fill(swarms, upTo(20));
        await fill(swarms, staying);
        site.pass(LIFETIME / 2);
        await fill(site.process(), staying);
        site.pass(LIFETIME / 2);
        const numbers = (await site.keys()).map((key) => Number(key.split('.')[1] ?? 0));
        called = 0;
        const failure: unknown = await new SwarmPurge(componentsOf(site))
          .clean(KEY, numbers, emptySummary())
          .catch((error: unknown) => error);
        if (failure === undefined) calls = Math.min(calls, called);
        else expect(failure).to.be.instanceOf(StoreUnavailableError);
        called = -Infinity;
        const described = `${fault} call ${stopAt}`;
        expect([...new Set(await storedNumbers(site))], described).to.include.members(staying);
        // Whoever announces now is found, and the next purge finishes what this one began.
        await announce(site.process(), 500);
        await clean(site);
        await clean(site);
        expect((await site.scrape()).counts.leechers, described).to.equal(staying.length + 1);
        expect(await storedNumbers(site), described).to.have.members([...staying, 500]);
      }
    }
    expect(calls).to.be.within(10, 200);
  });

  it('loses nobody whom one purge takes back and another one, which then stops, takes for a split under way', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const steps = { child: signal(), back: signal(), apart: signal() };
      const written = new Map<string, number>();
      const site = new Site(
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
      await store(site, 0, {}, seenNow(site, zeros));
      await store(site, 1, {}, seenNow(site, ones));
      void clean(site);
      await steps.child.given;
      await clean(site);
      expect(await storedNumbers(site), concurrency).to.deep.equal([...zeros, ...ones].sort((a, b) => a - b));
      await expectFindable(site, [...zeros, ...ones]);
    }
  });

  it('keeps the shards that have enough peers as they are', async () => {
    const site = new Site({ shardPeers: 8 });
    const counts = [
      { zeros: 2, ones: 2, merges: true },
      { zeros: 0, ones: 4, merges: true },
      { zeros: 3, ones: 2, merges: false },
      { zeros: 5, ones: 0, merges: false },
    ];
    for (const { zeros, ones, merges } of counts) {
      await store(site, 0, { depth: 1 }, seenNow(site, numbersIn(0, 1, zeros)));
      await store(site, 1, {}, seenNow(site, numbersIn(1, 1, ones)));
      expect((await clean(site)).shardsMerged, `${zeros} and ${ones}`).to.equal(merges ? 1 : 0);
    }
  });

  it('has shards that forward for one lifetime, and are then removed', async () => {
    const site = new Site();
    await store(site, 0, { depth: 1 }, seenNow(site, numbersIn(0, 1, 1)));
    await store(site, 1, {});
    await clean(site);
    expect((await headersOf(site)).get(`${KEY}.1`)?.forwardingSince).to.equal(site.milliseconds / 1000);
    site.pass(LIFETIME - 1);
    await announce(site.process(), 1);
    await clean(site);
    expect(await site.keys()).to.have.length(2);
    site.pass(1);
    expect(await clean(site)).to.include({ shardsRemoved: 1, peers: 1 });
    expect(await site.keys()).to.deep.equal([KEY]);
  });

  it('sends on who comes with the old depth in mind', async () => {
    const site = new Site({ shardPeers: 8, warmMilliseconds: 5000 });
    const swarms = site.process();
    const ones = numbersIn(1, 1, 9);
    await fill(swarms, [...numbersIn(0, 1, 9), ...ones]);
    site.pass(LIFETIME);
    await clean(site);
    const [late = 0] = ones;
    const { counts } = await announce(swarms, late);
    expect(counts.leechers).to.equal(1);
    const [root] = await site.shardsAt(KEY);
    expect(
      (root === undefined ? [] : recordsOf(root)).map((record) => record.readUInt32BE(16)),
    ).to.deep.equal([late]);
  });

  it('splits again when it grows again, and its shards come back to life', async () => {
    const site = new Site({ shardPeers: 16 });
    await fill(site.process(), upTo(100));
    site.pass(LIFETIME);
    await clean(site);
    await fill(site.process(), upTo(100));
    expect((await site.scrape()).counts.leechers).to.equal(100);
    const headers = [...(await headersOf(site)).values()];
    expect(headers.filter(({ forwarding }) => !forwarding).length).to.be.above(6);
    expect(await storedNumbers(site)).to.deep.equal(upTo(100));
    await clean(site);
    expect((await site.scrape()).counts.leechers).to.equal(100);
  });

  it('is gone without a trace two lifetimes and two purges after the last announce', async () => {
    for (const size of [1, 9, 100, 400]) {
      const site = new Site({ shardPeers: 8 });
      await fill(site.process(), upTo(size));
      site.pass(LIFETIME);
      await clean(site);
      site.pass(LIFETIME);
      await clean(site);
      expect(await site.keys(), `${size} peers`).to.deep.equal([]);
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
      const site = new Site({ shardPeers: 8 });
      await fill(site.process(), upTo(size));
      const { version } = await site.store.fetch(shardKey(KEY, lost));
      if (version === undefined) expect.fail(`no shard ${lost}`);
      await site.store.remove(shardKey(KEY, lost), version);
      site.pass(LIFETIME);
      await clean(site);
      site.pass(LIFETIME);
      await clean(site);
      expect(await site.keys(), `${size} peers, without shard ${lost}`).to.deep.equal([]);
    }
  });
});

describe('stored bytes that a purge finds', () => {
  it('are removed where they are damaged, with a log line; the others of the swarm stay', async () => {
    const site = new Site({ shardPeers: 16 });
    await fill(site.process(), upTo(100));
    const [shard] = await site.shardsAt(`${KEY}.1`);
    const lost = shard?.count ?? 0;
    const { values } = await site.store.fetch(`${KEY}.1`);
    for (const value of values) await site.overwrite(`${KEY}.1`, damaged(value));
    const summary = await clean(site);
    expect(site.log.lines.map(({ level, event }) => `${level} ${event}`)).to.include('error shard damaged');
    expect(summary).to.include({ shardsRemoved: 1, peers: 100 - lost });
    site.log.lines.length = 0;
    expect(await clean(site)).to.include({ peers: 100 - lost });
    expect(site.log.lines).to.deep.equal([]);
    // Who was lost comes back with its next announce, and is found.
    await fill(site.process(), upTo(100));
    expect((await site.scrape()).counts.leechers).to.equal(100);
  });

  it('are left alone where a newer version of the tracker wrote them', async () => {
    const site = new Site();
    await announce(site.process(), 1);
    const { values } = await site.store.fetch(KEY);
    const newer = ofNewerFormat(Buffer.concat(values));
    await site.overwrite(KEY, newer);
    site.pass(2 * LIFETIME);
    const failure: unknown = await clean(site).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(ShardFormatError);
    expect((await site.store.fetch(KEY)).values).to.deep.equal([Uint8Array.from(newer)]);
  });

  it('survive if somebody writes them between the look and the removal', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      let intrude: (() => Promise<unknown>) | undefined;
      const site = new Site(
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
      await announce(site.process(), 1);
      site.pass(LIFETIME);
      const other = site.process();
      intrude = () => announce(other, 2);
      await clean(site);
      expect(await storedNumbers(site), concurrency).to.include(2);
      expect((await site.scrape()).counts.leechers).to.equal(1);
    }
  });

  it('fail the purge with the store', async () => {
    for (const operation of ['fetch', 'put', 'remove'] as Operation[]) {
      let fails = false;
      const site = new Site({}, { fault: (called) => (fails && called === operation ? 'before' : 'none') });
      await announce(site.process(), 1);
      site.pass(LIFETIME / 2);
      if (operation === 'put') await announce(site.process(), 2);
      site.pass(LIFETIME / 2);
      fails = true;
      const failure: unknown = await clean(site).catch((error: unknown) => error);
      expect(failure, operation).to.be.instanceOf(StoreUnavailableError);
    }
  });
});
