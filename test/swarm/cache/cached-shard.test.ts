import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Consistency, Held, Store, Version } from '../../../lib/store/store.js';
import { ReadOperation } from '../../../lib/swarm/operations/operation.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { ShardWriter } from '../../../lib/swarm/cache/shard-writer.js';
import { ShardCache } from '../../../lib/swarm/cache/shard-cache.js';
import type { Fault } from '../../support/memory-store.js';
import { recordsOf } from '../../support/swarm-arbitraries.js';
import { KEY, SwarmHarness } from '../support/swarm-harness.js';
import { put, storedNumbers, writerOf } from '../support/writers.js';

describe('a shard as its process knows it', () => {
  it('is an empty shard of the depth that its number says if none is stored', async () => {
    const harness = new SwarmHarness();
    const { shard } = await writerOf(harness, 5).submit(new ReadOperation());
    expect(shard.count).to.equal(0);
    expect(shard.header).to.deep.equal(newHeader(5));
    expect(Shard.empty(newHeader(5)).bytes).to.have.length(20);
  });

  it('counts as old once the clock went back, as that may be for any time', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    await writer.submit(put(harness, 1));
    harness.milliseconds -= 1;
    expect(writer.warm).to.equal(undefined);
  });

  it('is given while it may be taken for the present one', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    expect(writer.warm).to.equal(undefined);
    expect(writer.bytes).to.equal(0);
    await writer.submit(put(harness, 1));
    expect(writer.warm?.count).to.equal(1);
    expect(writer.bytes).to.equal(20 + 31);
    harness.milliseconds += 4999;
    expect(writer.warm?.count).to.equal(1);
    harness.milliseconds += 1;
    expect(writer.warm).to.equal(undefined);
  });

  for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
    it(`loses nobody whom another process wrote meanwhile, in a store with ${concurrency}`, async () => {
      const harness = new SwarmHarness({}, { concurrency });
      const [mine, theirs] = [writerOf(harness), writerOf(harness)];
      await mine.submit(put(harness, 1));
      await theirs.submit(put(harness, 2));
      const outcome = await mine.submit(put(harness, 3));
      expect(outcome.shard.count).to.equal(3);
      await mine.submit(put(harness, 4));
      const shards = await harness.shardsAt(KEY);
      expect(shards).to.have.length(1);
      expect(await storedNumbers(harness)).to.deep.equal([1, 2, 3, 4]);
    });
  }

  it('is given up when others write in between every time', async () => {
    const harness = new SwarmHarness({}, { concurrency: 'compare-and-swap' });
    const { store: real } = harness;
    const contended = {
      ...harness.context,
      store: Object.assign(Object.create(real) as typeof real, {
        put: async (key: string, value: Uint8Array) => {
          const { version } = await real.fetch(key);
          await real.put(key, value, version);
          return { ...(await real.fetch(key)), stored: false };
        },
        fetch: (key: string) => real.fetch(key),
      }),
    };
    const failure: unknown = await new ShardCache(contended, 1e9)
      .writer(KEY, 0)
      .submit(put(harness, 1))
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
  });
});

describe('a writer that reads from a replica which is behind', () => {
  /**
   * A harness whose eventual fetches answer what was held when `freeze` was called, strong ones what
   * is held now.
   */
  function laggingHarness(): {
    harness: SwarmHarness;
    writer: ShardWriter;
    asked: string[];
    freeze: () => Promise<void>;
  } {
    const harness = new SwarmHarness();
    const { store: real } = harness;
    const asked: string[] = [];
    let old: Held | undefined;
    const store: Store = Object.assign(Object.create(real) as typeof real, {
      fetch: (key: string, consistency: Consistency = 'eventual') => {
        asked.push(consistency);
        return consistency === 'eventual' && old !== undefined ? Promise.resolve(old) : real.fetch(key);
      },
      put: (key: string, value: Uint8Array, version?: Version) => real.put(key, value, version),
    });
    const freeze = async (): Promise<void> => {
      old = await real.fetch(KEY);
    };
    const writer = new ShardCache({ ...harness.context, store }, 1e9).writer(KEY, 0);
    return { harness, writer, asked, freeze };
  }

  const numbersOf = (shard: Shard): number[] => recordsOf(shard).map((record) => record.readUInt32BE(16));

  it('merges what it reads into what it has cached, also where nothing is read', async () => {
    for (const before of [[], [1]]) {
      const { harness, writer, freeze } = laggingHarness();
      for (const number of before) await writer.submit(put(harness, number));
      await freeze();
      await writer.submit(put(harness, 2));
      harness.pass(60);
      const { shard, fetches } = await writer.submit(new ReadOperation());
      expect({ numbers: numbersOf(shard), fetches }).to.deep.equal({ numbers: [...before, 2], fetches: 1 });
      await writer.submit(put(harness, 3));
      expect(await storedNumbers(harness)).to.deep.equal([...before, 2, 3]);
    }
  });

  it('writes with its own version if the read had nothing new, and makes no sibling', async () => {
    const { harness, writer, freeze } = laggingHarness();
    await writer.submit(put(harness, 1));
    await freeze();
    await writer.submit(put(harness, 2));
    harness.pass(60);
    await writer.submit(put(harness, 3));
    expect(await harness.shardsAt(KEY)).to.have.length(1);
    expect(await storedNumbers(harness)).to.deep.equal([1, 2, 3]);
  });

  it('loses nothing of others that its read has and it has not cached', async () => {
    const { harness, writer, freeze } = laggingHarness();
    await writer.submit(put(harness, 1));
    await writerOf(harness).submit(put(harness, 2));
    await freeze();
    await writerOf(harness).submit(put(harness, 3));
    harness.pass(60);
    await writer.submit(put(harness, 4));
    const shards = await harness.shardsAt(KEY);
    expect(new Set(shards.flatMap(numbersOf))).to.deep.equal(new Set([1, 2, 3, 4]));
  });

  it('still knows after a failed write what was stored before it', async () => {
    let next: Fault = 'none';
    const harness = new SwarmHarness({}, { fault: (operation) => (operation === 'put' ? next : 'none') });
    const { store: real } = harness;
    const nothing: Held = { values: [], version: undefined };
    const store: Store = Object.assign(Object.create(real) as typeof real, {
      fetch: () => Promise.resolve(nothing),
      put: (key: string, value: Uint8Array, version?: Version) => real.put(key, value, version),
    });
    const writer = new ShardCache({ ...harness.context, store }, 1e9).writer(KEY, 0);
    await writer.submit(put(harness, 1));
    next = 'before';
    await writer.submit(put(harness, 2)).catch(() => undefined);
    next = 'none';
    const { shard, fetches } = await writer.submit(new ReadOperation());
    expect({ numbers: numbersOf(shard), fetches }).to.deep.equal({ numbers: [1], fetches: 1 });
  });

  it('never puts with the version of others whose values it forgot when a write failed', async () => {
    const fault: { next: Fault } = { next: 'none' };
    const harness = new SwarmHarness(
      {},
      { concurrency: 'compare-and-swap', fault: (operation) => (operation === 'put' ? fault.next : 'none') },
    );
    const writer = writerOf(harness);
    await writer.submit(put(harness, 0));
    const old = await harness.store.fetch(KEY);
    await writer.submit(put(harness, 1));
    await writerOf(harness).submit(put(harness, 2));
    // The first put loses the race and is told of the other's; the second one, of both, fails.
    const real = harness.store.put.bind(harness.store);
    harness.store.put = async (...args) => {
      const result = await real(...args);
      fault.next = 'before';
      return result;
    };
    await writer.submit(put(harness, 3)).catch(() => undefined);
    fault.next = 'none';
    harness.store.put = real;
    const fetch = harness.store.fetch.bind(harness.store);
    harness.store.fetch = () => Promise.resolve(old);
    await writer.submit(put(harness, 4));
    harness.store.fetch = fetch;
    expect(await storedNumbers(harness)).to.include.members([0, 1, 2, 4]);
  });

  it('believes a read that has nothing if all that it has cached has expired since', async () => {
    const { harness, writer } = laggingHarness();
    await writer.submit(put(harness, 1));
    const { version } = await harness.store.fetch(KEY);
    if (version !== undefined) await harness.store.remove(KEY, version);
    harness.pass(harness.rules.peerLifetimeSeconds + 1);
    const { shard } = await writer.submit(new ReadOperation());
    expect(shard.count).to.equal(0);
    expect(writer.latest).to.equal(undefined);
  });

  it('asks all replicas for an operation that needs a fresh read of what is cached or not cached', async () => {
    const { harness, writer, asked } = laggingHarness();
    await writer.submit(put(harness, 1, { needsFreshRead: () => true }));
    await writer.submit(put(harness, 2, { needsFreshRead: () => true }));
    await writer.submit(new ReadOperation(), 'fresh');
    expect(asked).to.deep.equal(['strong', 'strong', 'strong']);
  });

  it('asks one replica for any other operation', async () => {
    const { harness, writer, asked } = laggingHarness();
    await writer.submit(put(harness, 1));
    await writer.submit(put(harness, 2));
    harness.pass(60);
    await writer.submit(put(harness, 3));
    expect(asked).to.deep.equal(['eventual', 'eventual']);
  });

  it('asks all replicas for an operation that cannot decide on what one replica said', async () => {
    const { harness, writer, asked } = laggingHarness();
    await writerOf(harness).submit(put(harness, 1));
    const undecided = put(harness, 2, { needsFreshRead: (shard) => shard.count > 0 });
    const { fetches } = await writer.submit(undecided);
    expect(asked).to.deep.equal(['eventual', 'strong']);
    expect(fetches).to.equal(2);
  });
});
