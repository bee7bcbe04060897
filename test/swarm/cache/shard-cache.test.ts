import { expect } from 'chai';

import { ReadOperation } from '../../../lib/swarm/operations/operation.js';
import { V4 } from '../../../lib/swarm/shard/peer-record.js';
import { MoveOperation } from '../../../lib/swarm/operations/relocation.js';
import { ShardCache } from '../../../lib/swarm/cache/shard-cache.js';
import { shardOf } from '../../support/swarm-arbitraries.js';
import { recordOf } from '../support/peers.js';
import { KEY, SwarmHarness, upTo } from '../support/swarm-harness.js';

const read = new ReadOperation();
const put = (record: Buffer): MoveOperation => new MoveOperation(V4, record);
const swarm = (number: number): string => number.toString(16).padStart(40, '0');
/** What a writer without a stored shard is taken to take. */
const WRITER = 800;

describe('the shards of a process', () => {
  it('have one writer each', () => {
    const shards = new ShardCache(new SwarmHarness().context, 1e9);
    expect(shards.peek(KEY, 0)).to.equal(undefined);
    const writer = shards.writer(KEY, 0);
    expect(shards.writer(KEY, 0)).to.equal(writer);
    expect(shards.peek(KEY, 0)).to.equal(writer);
    expect(shards.writer(KEY, 1)).to.not.equal(writer);
    expect(shards.writer(swarm(1), 0)).to.not.equal(writer);
    expect(shards.writer(KEY, 6).number).to.equal(6);
  });

  it('are dropped when those that were used once have half of a small bound, the oldest first', async () => {
    const shards = new ShardCache(new SwarmHarness().context, 10 * WRITER);
    for (const number of upTo(100)) await shards.writer(swarm(number), 0).submit(read);
    await new Promise(setImmediate);
    const kept = upTo(100).filter((number) => shards.peek(swarm(number), 0) !== undefined);
    expect(kept).to.deep.equal(upTo(100).slice(95));
  });

  it('are dropped when those that were used once have a sixty-fourth of a large bound', async () => {
    const writers = 160_000;
    const shards = new ShardCache(new SwarmHarness().context, writers * WRITER);
    for (const number of upTo(writers / 32)) await shards.writer(swarm(number), 0).submit(read);
    await new Promise(setImmediate);
    const kept = upTo(writers / 32).filter((number) => shards.peek(swarm(number), 0) !== undefined);
    expect(kept).to.deep.equal(upTo(writers / 32).slice(writers / 64));
  });

  it('are dropped as others are used when what they remember is too old, however much room there is', async () => {
    const harness = new SwarmHarness();
    const shards = new ShardCache(harness.context, 100 * WRITER);
    const use = (number: number): Promise<unknown> => shards.writer(swarm(number), 0).submit(read);
    const isKept = (number: number): boolean => shards.peek(swarm(number), 0) !== undefined;
    for (const number of [1, 2, 3, 1, 2, 3]) await use(number);
    // Enough that are used once: the first three are looked at, and stay.
    for (const number of upTo(100)) await use(1000 + number);
    harness.pass(4);
    await shards.writer(swarm(2), 0).submit(put(recordOf(1, { seen: 10_000 })));
    harness.pass(2);
    for (const number of upTo(3)) await use(2000 + number);
    await new Promise(setImmediate);
    expect([1, 2, 3].map(isKept)).to.deep.equal([false, true, false]);
  });

  it('stay for the rest of the bound when they were used twice, the longest unused go first', async () => {
    const shards = new ShardCache(new SwarmHarness().context, 10 * WRITER);
    const use = (number: number): Promise<unknown> => shards.writer(swarm(number), 0).submit(read);
    for (const number of upTo(5)) {
      await use(number);
      await use(number);
    }
    for (const number of upTo(100)) await use(1000 + number);
    await new Promise(setImmediate);
    const kept = (numbers: number[]): number[] =>
      numbers.filter((number) => shards.peek(swarm(number), 0) !== undefined);
    expect(kept(upTo(5))).to.deep.equal(upTo(5));
    // More of them than fit: the one that was used since they came stays, the others go in their
    // order.
    await use(0);
    for (const number of [2000, 2001, 2002]) {
      await use(number);
      await use(number);
    }
    for (const number of upTo(100)) await use(3000 + number);
    await new Promise(setImmediate);
    expect(kept([...upTo(5), 2000, 2001, 2002])).to.deep.equal([0, 4, 2000, 2001, 2002]);
  });

  it('stay when they are used in turn, as long as all of them fit', async () => {
    const writers = 4000;
    const harness = new SwarmHarness();
    const shards = new ShardCache(harness.context, writers * WRITER * 1.2);
    const useAll = async (): Promise<void> => {
      for (const number of upTo(writers)) await shards.writer(swarm(number), 0).submit(read);
      await new Promise(setImmediate);
    };
    for (let round = 0; round < 4; round++) await useAll();
    const { fetch = 0 } = await harness.operationsOf(useAll);
    // Of some it was not known that they had been there, as another one had their place.
    expect(fetch).to.be.below(writers / 4);
  });

  it('stay when they are used in turn, among eight times as many uses of others that come back by chance', async () => {
    const writers = 1000;
    const others = 64_000;
    const shards = new ShardCache(new SwarmHarness().context, writers * WRITER * 4);
    let chance = 1;
    const useAll = async (): Promise<number> => {
      let missed = 0;
      for (const number of upTo(writers * 9)) {
        // A linear congruential generator: its upper bits are chance enough.
        chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
        const isOurs = number % 9 === 0;
        const key = swarm(isOurs ? number / 9 : writers + Math.floor((chance / 2 ** 32) * others));
        if (isOurs && shards.peek(key, 0) === undefined) missed++;
        await shards.writer(key, 0).submit(read);
      }
      await new Promise(setImmediate);
      return missed;
    };
    for (let round = 0; round < 11; round++) await useAll();
    expect(await useAll()).to.be.below(writers / 4);
  });

  it('take the bytes of what they cache now', async () => {
    const harness = new SwarmHarness();
    const peers = 1000;
    const large = shardOf(upTo(peers).map((number) => recordOf(number, { seen: 10_000 })));
    await harness.overwrite(KEY, large.seal());
    const shards = new ShardCache(harness.context, 100 * WRITER);
    const writer = shards.writer(KEY, 0);
    await writer.submit(read);
    expect(writer.bytes).to.equal(20 + peers * 31);
    const others = async (from: number): Promise<number> => {
      for (const number of upTo(60)) {
        for (const key of [swarm(from + number), swarm(from + number), KEY])
          await shards.writer(key, 0).submit(read);
      }
      // Those that were used once have half of it: enough of them protect all the
      // others.
      for (const number of upTo(60)) {
        for (const key of [swarm(from + 100 + number), KEY]) await shards.writer(key, 0).submit(read);
      }
      return upTo(60).filter((number) => shards.peek(swarm(from + number), 0) !== undefined).length;
    };
    const room = Math.floor((50 * WRITER - 20 - peers * 31 - WRITER) / WRITER);
    expect(await others(1000)).to.be.within(room - 1, room);
    // All of its peers expire, and it becomes light.
    harness.pass(3000);
    await writer.submit(put(recordOf(1, { seen: 13_000 })));
    expect(writer.bytes).to.equal(20 + 31);
    expect(await others(2000)).to.be.within(48, 49);
  });

  it('have memory of their own when they are to stay, not a slice of what they were read into', async () => {
    const harness = new SwarmHarness();
    const stored = shardOf([recordOf(1, { seen: 10_000 })]).seal();
    const piece = Buffer.concat([Buffer.alloc(100_000), stored]);
    const store = new Proxy(harness.store, {
      get: (target, name) =>
        name === 'fetch'
          ? () => Promise.resolve({ values: [piece.subarray(100_000)], version: undefined })
          : (Reflect.get(target, name, target) as unknown),
    });
    const shards = new ShardCache({ ...harness.context, store }, 10 * WRITER);
    const writer = shards.writer(KEY, 0);
    await writer.submit(read);
    await shards.writer(KEY, 0).submit(read);
    for (const number of upTo(10)) await shards.writer(swarm(number), 0).submit(read);
    expect(shards.peek(KEY, 0)).to.equal(writer);
    expect(writer.warm?.bytes.buffer.byteLength).to.equal(stored.length);
    expect(writer.warm?.bytes).to.deep.equal(stored);
    // Read anew, it is a slice again, but not for long.
    harness.pass(3000);
    await writer.submit(read);
    await new Promise(setImmediate);
    expect(writer.warm?.bytes.buffer.byteLength).to.equal(stored.length);
  });

  it('stay when they are used again and again', async () => {
    const shards = new ShardCache(new SwarmHarness().context, 10 * WRITER);
    const writer = shards.writer(KEY, 0);
    for (const number of upTo(100)) {
      await shards.writer(swarm(number), 0).submit(read);
      await shards.writer(KEY, 0).submit(read);
    }
    expect(shards.peek(KEY, 0)).to.equal(writer);
  });

  it('stay while something is under way with them, so that the process does not compete with itself', async () => {
    let release: (() => void) | undefined;
    const harness = new SwarmHarness(
      {},
      {
        schedule: (label) =>
          label === `fetch ${KEY}` ? new Promise((resolve) => (release = resolve)) : Promise.resolve(),
      },
    );
    const shards = new ShardCache(harness.context, 0);
    const writer = shards.writer(KEY, 0);
    const outcome = writer.submit(read);
    for (const number of upTo(20)) await shards.writer(swarm(number), 0).submit(read);
    await new Promise(setImmediate);
    expect(shards.peek(KEY, 0)).to.equal(writer);
    expect(upTo(20).filter((number) => shards.peek(swarm(number), 0) !== undefined)).to.deep.equal([]);
    release?.();
    await outcome;
    await new Promise(setImmediate);
    expect(shards.peek(KEY, 0)).to.equal(undefined);
  });

  it('stay while something is under way with them, also if they are the longest unused of those that were used twice', async () => {
    let release: (() => void) | undefined;
    const harness = new SwarmHarness(
      {},
      {
        schedule: (label) =>
          label === `put ${KEY}` ? new Promise((resolve) => (release = resolve)) : Promise.resolve(),
      },
    );
    const shards = new ShardCache(harness.context, 10 * WRITER);
    const use = (key: string): Promise<unknown> => shards.writer(key, 0).submit(read);
    const writer = shards.writer(KEY, 0);
    await use(KEY);
    await use(KEY);
    for (const number of upTo(10)) await use(swarm(number));
    const outcome = writer.submit(put(recordOf(1, { seen: 10_000 })));
    for (const number of upTo(20)) {
      for (const key of [swarm(100 + number), swarm(100 + number)]) await use(key);
    }
    for (const number of upTo(10)) await use(swarm(200 + number));
    expect(shards.peek(KEY, 0)).to.equal(writer);
    expect(shards.peek(swarm(100), 0)).to.equal(undefined);
    const releasing = setInterval(() => release?.(), 1);
    await outcome;
    clearInterval(releasing);
  });
});
