import { expect } from 'chai';
import fc from 'fast-check';

import { StoreError, StoreUnavailableError } from '../../../lib/store/errors.js';
import type { Consistency, Held, Store, Version } from '../../../lib/store/store.js';
import {
  FindOperation,
  ReadOperation,
  type ShardOperation,
} from '../../../lib/swarm/operations/operation.js';
import { SEEDER, V4 } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId, MAX_DEPTH } from '../../../lib/swarm/shard/placement.js';
import { newHeader, type ShardHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { ShardWriter } from '../../../lib/swarm/cache/shard-writer.js';
import { ShardCache } from '../../../lib/swarm/cache/shard-cache.js';
import type { Fault } from '../../support/memory-store.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { numbersIn, peerIdOf, recordOf } from '../support/peers.js';
import { KEY, SwarmHarness, upTo } from '../support/swarm-harness.js';

/** Puts a numbered peer's record, seen now, into a shard. */
function put(harness: SwarmHarness, number: number, changes: Partial<ShardOperation> = {}): ShardOperation {
  const record = recordOf(number, { seen: harness.milliseconds / 1000 });
  return {
    hash: hashPeerId(record),
    needsFreshRead: () => false,
    apply: (shard) => shard.with(V4, record),
    isAppliedIn: (shard) => shard.find(V4, record).found,
    ...changes,
  };
}

function writerOf(harness: SwarmHarness, n = 0): ShardWriter {
  return new ShardCache(harness.context, 1e9).writer(KEY, n);
}

async function storedNumbers(harness: SwarmHarness, key = KEY): Promise<number[]> {
  const shards = await harness.shardsAt(key);
  return shards.flatMap(recordsOf).map((record) => record.readUInt32BE(16));
}

async function store(
  harness: SwarmHarness,
  key: string,
  header: ShardHeader,
  numbers: readonly number[] = [],
): Promise<void> {
  const list = numbers.map((number) => recordOf(number, { seen: harness.milliseconds / 1000 }));
  await harness.overwrite(key, Buffer.from(shardOf(list, header).seal()));
}

describe('a writer', () => {
  it('answers an operation when what it did is stored, and never before', async () => {
    let release: (() => void) | undefined;
    const harness = new SwarmHarness(
      {},
      {
        schedule: (label) =>
          label === `put ${KEY} answer` ? new Promise((resolve) => (release = resolve)) : Promise.resolve(),
      },
    );
    let answered = false;
    const outcome = writerOf(harness)
      .submit(put(harness, 1))
      .then((landed) => {
        answered = true;
        return landed;
      });
    while (release === undefined) await new Promise(setImmediate);
    expect(answered).to.equal(false);
    release();
    const { kind, shard, fetches } = await outcome;
    expect({ kind, fetches, count: shard.count }).to.deep.equal({ kind: 'done', fetches: 1, count: 1 });
    expect(await storedNumbers(harness)).to.deep.equal([1]);
  });

  it('writes together what arrives while a write is under way', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    const { fetch, put: puts } = await harness.operationsOf(async () => {
      const outcomes = [writer.submit(put(harness, 0))];
      await new Promise(setImmediate);
      outcomes.push(...upTo(50).map((number) => writer.submit(put(harness, number))));
      await Promise.all(outcomes);
    });
    expect(fetch).to.equal(1);
    expect(puts).to.be.at.most(2);
    expect(await storedNumbers(harness)).to.deep.equal(upTo(50));
  });

  it('has the event loop for no more than some of them at once, and serves all in their order', async () => {
    let applied = 0;
    const batches: number[] = [];
    const harness = new SwarmHarness(
      { shardPeers: 1e9 },
      {
        schedule: (label) => {
          if (label === `put ${KEY}`) batches.push(applied);
          applied = 0;
          return Promise.resolve();
        },
      },
    );
    const writer = writerOf(harness);
    const order: number[] = [];
    const numbers = upTo(2000);
    await Promise.all(
      numbers.map((number) => {
        const operation = put(harness, number);
        const counted = put(harness, number, {
          apply: (shard, now) => {
            applied++;
            order.push(number);
            return operation.apply(shard, now);
          },
        });
        return writer.submit(counted);
      }),
    );
    expect(order).to.deep.equal(numbers);
    expect(Math.max(...batches)).to.be.at.most(512);
    expect(batches).to.have.length.at.most(6);
    expect(await storedNumbers(harness)).to.have.length(2000);
  });

  it('neither writes nor answers late for operations that change nothing', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    await writer.submit(put(harness, 1));
    const { version } = await harness.store.fetch(KEY);
    const taken = await harness.operationsOf(() => writer.submit(new FindOperation(hashPeerId(peerIdOf(1)))));
    expect(taken).to.deep.equal({});
    expect((await harness.store.fetch(KEY)).version).to.deep.equal(version);
  });

  it('reads again for an operation that needs a fresh read, once for all of a batch', async () => {
    const harness = new SwarmHarness();
    const [mine, theirs] = [writerOf(harness), writerOf(harness)];
    await mine.submit(put(harness, 1));
    await theirs.submit(put(harness, 2));
    const seen: number[] = [];
    const doubting = put(harness, 3, {
      needsFreshRead: () => true,
      apply: (shard) => {
        seen.push(shard.count);
        return shard;
      },
    });
    const taken = await harness.operationsOf(() =>
      Promise.all([mine.submit(doubting), mine.submit(doubting)]),
    );
    expect(taken.fetch).to.be.at.most(2);
    expect(seen).to.deep.equal([2, 2]);
  });

  it('reads again for an operation that is to be applied to nothing cached', async () => {
    const harness = new SwarmHarness();
    const [mine, theirs] = [writerOf(harness), writerOf(harness)];
    await mine.submit(put(harness, 1));
    await theirs.submit(put(harness, 2));
    const read = new ReadOperation();
    expect((await mine.submit(read)).shard.count).to.equal(1);
    const { shard, fetches } = await mine.submit(read, 'fresh');
    expect({ count: shard.count, fetches }).to.deep.equal({ count: 2, fetches: 1 });
    expect((await mine.submit(read)).shard.count).to.equal(2);
  });

  it('reads once for an operation that wants it fresh where nothing is remembered', async () => {
    const harness = new SwarmHarness();
    const { fetches } = await writerOf(harness).submit(put(harness, 1), 'fresh');
    expect(fetches).to.equal(1);
  });

  it('reads again for an operation that wants it fresh and came while a read was under way', async () => {
    let release: (() => void) | undefined;
    const harness = new SwarmHarness(
      {},
      {
        schedule: (label) =>
          label === `fetch ${KEY} answer` && release === undefined
            ? new Promise((resolve) => (release = resolve))
            : Promise.resolve(),
      },
    );
    const writer = writerOf(harness);
    const early = writer.submit(new ReadOperation());
    await new Promise(setImmediate);
    await store(harness, KEY, newHeader(0), [7]);
    let seen: number[] = [];
    const late = writer.submit(
      put(harness, 1, {
        needsFreshRead: () => true,
        apply: (shard) => {
          seen = recordsOf(shard).map((record) => record.readUInt32BE(16));
          return shard;
        },
      }),
    );
    release?.();
    await Promise.all([early, late]);
    expect(seen).to.deep.equal([7]);
  });

  it('remembers nothing after the time of its clock went back, as that may be any time', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    await writer.submit(put(harness, 1));
    harness.milliseconds -= 1;
    expect(writer.warm).to.equal(undefined);
  });

  it('tells how many reads an operation took', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    expect((await writer.submit(put(harness, 1))).fetches).to.equal(1);
    expect((await writer.submit(put(harness, 2))).fetches).to.equal(0);
    expect((await writer.submit(put(harness, 3, { needsFreshRead: () => true }))).fetches).to.equal(1);
  });

  it('gives its state while it may be taken for the present one', async () => {
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
    it(`loses nobody that another process wrote meanwhile, in a store with ${concurrency}`, async () => {
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

  it('applies an operation again if others made undone what it did', async () => {
    const harness = new SwarmHarness({}, { concurrency: 'compare-and-swap' });
    const [mine, theirs] = [writerOf(harness), writerOf(harness)];
    await mine.submit(put(harness, 1));
    harness.pass(1);
    await theirs.submit(put(harness, 1));
    harness.milliseconds -= 1000;
    const late = recordOf(1, { seen: harness.milliseconds / 1000, flags: SEEDER });
    let applied = 0;
    const operation: ShardOperation = {
      hash: hashPeerId(late),
      needsFreshRead: () => false,
      apply: (shard) => {
        applied++;
        if (applied > 1) late.writeUInt32BE(harness.milliseconds / 1000 + 2, 26);
        return shard.with(V4, Buffer.from(late));
      },
      isAppliedIn: (shard) => recordsOf(shard).some((record) => record.equals(late)),
    };
    await mine.submit(operation);
    expect(applied).to.equal(2);
    expect((await harness.shardsAt(KEY)).flatMap(recordsOf)).to.deep.equal([late]);
  });

  it('gives up when others write in between every time', async () => {
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

describe('a writer whose store fails', () => {
  it('fails all that waited for it, and the next operation reads anew', async () => {
    let next: Fault = 'none';
    const harness = new SwarmHarness({}, { fault: () => next });
    const writer = writerOf(harness);
    await writer.submit(put(harness, 1));
    next = 'after';
    const results = await Promise.allSettled([2, 3].map((number) => writer.submit(put(harness, number))));
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(StoreError);
    }
    expect(writer.warm).to.equal(undefined);
    next = 'none';
    expect((await writer.submit(put(harness, 4))).fetches).to.equal(1);
  });

  it('goes on with what arrived after the failed write began', async () => {
    let fails = true;
    const harness = new SwarmHarness(
      {},
      { fault: (operation) => (operation === 'put' && fails ? 'before' : 'none') },
    );
    const writer = writerOf(harness);
    const first = writer.submit(put(harness, 1)).catch(() => {
      fails = false;
      return undefined;
    });
    await new Promise(setImmediate);
    await first;
    expect((await writer.submit(put(harness, 2))).kind).to.equal('done');
    expect(await storedNumbers(harness)).to.deep.equal([2]);
    expect(writer.busy).to.equal(false);
  });

  it('goes on after an operation that throws, whether its state is remembered or read', async () => {
    const broken = new Error('a mistake in an operation');
    const harness = new SwarmHarness();
    for (const isRemembered of [false, true]) {
      const writer = writerOf(harness);
      if (isRemembered) await writer.submit(put(harness, 1));
      const throwing = put(harness, 2, {
        apply: () => {
          throw broken;
        },
      });
      expect(await writer.submit(throwing).catch((error: unknown) => error)).to.equal(broken);
      expect(writer.busy).to.equal(false);
      expect((await writer.submit(put(harness, 3))).kind).to.equal('done');
    }
  });
});

describe('an operation about a peer', () => {
  it('is turned away where the shard is not there, unless it may be made', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(1, 1, 1);
    const outcome = await writerOf(harness, 1).submit(put(harness, number));
    expect([outcome.kind, outcome.shard.count]).to.deep.equal(['absent', 0]);
    expect(await harness.keys()).to.deep.equal([]);
    expect((await writerOf(harness, 1).submit(put(harness, number), 'create')).kind).to.equal('done');
    expect(await storedNumbers(harness, `${KEY}.1`)).to.deep.equal([number]);
  });

  it('is turned away where the shard has split and is not responsible any more', async () => {
    const harness = new SwarmHarness();
    const [elsewhere = 0] = numbersIn(1, 1, 1);
    await store(harness, KEY, { ...newHeader(0), depth: 1 });
    const outcome = await writerOf(harness).submit(put(harness, elsewhere));
    expect(outcome.kind).to.equal('elsewhere');
    expect(outcome.shard.header.depth).to.equal(1);
    expect(await storedNumbers(harness)).to.deep.equal([]);
  });

  it('is turned away where the shard forwards, or brings it back to life in its next generation', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(1, 1, 1);
    await store(harness, `${KEY}.1`, {
      ...newHeader(1),
      generation: 4,
      forwarding: true,
      forwardingSince: 9000,
    });
    expect((await writerOf(harness, 1).submit(put(harness, number))).kind).to.equal('forwarding');
    const { kind, shard } = await writerOf(harness, 1).submit(put(harness, number), 'create');
    expect(kind).to.equal('done');
    expect(shard.header).to.deep.equal({ ...newHeader(1), generation: 5 });
  });

  it('is told that it belongs elsewhere if others split the shard while it was written', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(1, 1, 1);
    const writer = writerOf(harness);
    await writer.submit(put(harness, numbersIn(0, 1, 1)[0] ?? 0));
    await store(harness, KEY, { ...newHeader(0), depth: 1 }, numbersIn(0, 1, 1));
    const outcome = await writer.submit(put(harness, number));
    expect(outcome.kind).to.equal('elsewhere');
    expect(outcome.shard.header.misplaced).to.equal(true);
    expect(outcome.shardsWithMisplaced).to.deep.equal([0]);
  });
});

describe('a shard that outgrows its target', () => {
  it('splits: nobody is lost, nobody is twice, and both parts have their peers only', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 9, max: 60 }),
        async (shardPeers, peers) => {
          const harness = new SwarmHarness({ shardPeers });
          const writer = writerOf(harness);
          const outcomes = await Promise.all(
            upTo(peers).map((number) => writer.submit(put(harness, number))),
          );
          const numbers: number[] = [];
          for (const key of await harness.keys()) {
            const [shard] = await harness.shardsAt(key);
            expect(shard?.header.misplaced).to.equal(false);
            expect(shard?.count ?? 0).to.be.at.most(shardPeers);
            numbers.push(...(await storedNumbers(harness, key)));
          }
          expect(numbers.sort((a, b) => a - b)).to.deep.equal(upTo(peers));
          expect(outcomes.every(({ kind }) => kind === 'done' || kind === 'elsewhere')).to.equal(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('writes the child first, so that no peer is ever nowhere', async () => {
    const puts: string[] = [];
    const harness = new SwarmHarness(
      { shardPeers: 4 },
      {
        schedule: (label) => {
          if (label.startsWith('put') && !label.endsWith('answer')) puts.push(label);
          return Promise.resolve();
        },
      },
    );
    const writer = writerOf(harness);
    await Promise.all(upTo(5).map((number) => writer.submit(put(harness, number))));
    expect(puts[0]).to.equal(`put ${KEY}.1`);
    expect(puts.at(-1)).to.equal(`put ${KEY}`);
  });

  it('is not split if the child cannot be stored, and its peers are told so', async () => {
    let fails = true;
    const harness = new SwarmHarness(
      { shardPeers: 4 },
      { fault: (operation, key) => (fails && operation === 'put' && key !== KEY ? 'before' : 'none') },
    );
    const writer = writerOf(harness);
    await Promise.all(upTo(4).map((number) => writer.submit(put(harness, number))));
    const failure = await writer.submit(put(harness, 4)).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreUnavailableError);
    expect(await storedNumbers(harness)).to.deep.equal(upTo(4));
    fails = false;
    await writer.submit(put(harness, 4));
    expect((await harness.keys()).length).to.be.above(1);
  });

  it('loses the peers that were silent longest once it cannot split any further', async () => {
    const harness = new SwarmHarness({ shardPeers: 3 });
    const [number = 0] = numbersIn(0, MAX_DEPTH, 1);
    const header = { ...newHeader(0), depth: MAX_DEPTH };
    const now = harness.milliseconds / 1000;
    const list = upTo(9).map((port) => recordOf(number, { port: port + 1, seen: now - port }));
    await harness.overwrite(KEY, Buffer.from(shardOf(list, header).seal()));
    await writerOf(harness).submit(put(harness, number));
    const [shard] = await harness.shardsAt(KEY);
    const ports = (shard === undefined ? [] : recordsOf(shard)).map((record) => record.readUInt16BE(24));
    expect(ports).to.deep.equal([1, 2, 3, 4, 5, 6881]);
    expect(await harness.keys()).to.deep.equal([KEY]);
  });

  it('makes room by dropping who has expired before it splits', async () => {
    const harness = new SwarmHarness({ shardPeers: 4, peerLifetimeSeconds: 100 });
    const writer = writerOf(harness);
    await Promise.all(upTo(4).map((number) => writer.submit(put(harness, number))));
    harness.pass(100);
    await writer.submit(put(harness, 9));
    expect(await harness.keys()).to.deep.equal([KEY]);
    expect(await storedNumbers(harness)).to.deep.equal([9]);
  });
});

describe('a writer without stored shard', () => {
  it('has an empty shard of the depth that its number says', async () => {
    const harness = new SwarmHarness();
    const { shard } = await writerOf(harness, 5).submit(new ReadOperation());
    expect(shard.count).to.equal(0);
    expect(shard.header).to.deep.equal(newHeader(5));
    expect(Shard.empty(newHeader(5)).bytes).to.have.length(20);
  });
});
