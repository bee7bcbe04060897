import { expect } from 'chai';

import { StoreError } from '../../../lib/store/errors.js';
import {
  FindOperation,
  ReadOperation,
  type ShardOperation,
} from '../../../lib/swarm/operations/operation.js';
import { SEEDER, V4 } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId } from '../../../lib/swarm/shard/placement.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import type { Fault } from '../../support/memory-store.js';
import { recordsOf } from '../../support/swarm-arbitraries.js';
import { numbersIn, peerIdOf, recordOf } from '../support/peers.js';
import { KEY, SwarmHarness, upTo } from '../support/swarm-harness.js';
import { put, store, storedNumbers, writerOf } from '../support/writers.js';

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
      .finally(() => (answered = true));
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

  it('tells how many reads an operation took', async () => {
    const harness = new SwarmHarness();
    const writer = writerOf(harness);
    expect((await writer.submit(put(harness, 1))).fetches).to.equal(1);
    expect((await writer.submit(put(harness, 2))).fetches).to.equal(0);
    expect((await writer.submit(put(harness, 3, { needsFreshRead: () => true }))).fetches).to.equal(1);
  });

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
