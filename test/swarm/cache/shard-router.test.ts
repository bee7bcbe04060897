import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { AnnounceOperation } from '../../../lib/swarm/operations/announce.js';
import { AbsorbOperation, MoveOperation } from '../../../lib/swarm/operations/relocation.js';
import { V4 } from '../../../lib/swarm/shard/peer-record.js';
import { shardKey } from '../../../lib/swarm/shard/placement.js';
import { FindOperation, ReadOperation } from '../../../lib/swarm/operations/operation.js';
import { newHeader, ownsRecord, type ShardHeader } from '../../../lib/swarm/shard/header.js';
import { withMisplacedFlag } from '../../../lib/swarm/shard/merge.js';
import { ShardRouter } from '../../../lib/swarm/cache/shard-router.js';
import { ShardCache } from '../../../lib/swarm/cache/shard-cache.js';
import { recordsOf, shardOf } from '../../support/swarm-arbitraries.js';
import { numbersIn, peerIdOf, recordOf, v4Of } from '../support/peers.js';
import { KEY, SwarmHarness } from '../support/swarm-harness.js';

/** One process's router over a harness. */
function routerOf(harness: SwarmHarness): ShardRouter {
  return new ShardRouter(new ShardCache(harness.context, 1e9), harness.log);
}

const seenNow = (harness: SwarmHarness, number: number): Buffer =>
  recordOf(number, { seen: harness.milliseconds / 1000 });

function operation(harness: SwarmHarness, number: number): MoveOperation {
  return new MoveOperation(V4, seenNow(harness, number));
}

/** A numbered peer, a leecher until now, says that it has all of it. */
function completionOf(number: number): AnnounceOperation {
  return new AnnounceOperation(
    {
      infohash: Buffer.from(KEY, 'hex'),
      peerId: peerIdOf(number),
      address: v4Of(number),
      port: 6881,
      state: 'seeder',
      event: 'completed',
    },
    { peerLifetimeSeconds: 2700, unwrittenSeconds: 0 },
  );
}

/** Stores shard n with these peers, whether they belong there or not. */
async function store(
  harness: SwarmHarness,
  n: number,
  header: Partial<ShardHeader>,
  numbers: readonly number[] = [],
): Promise<void> {
  const list = numbers.map((number) => seenNow(harness, number));
  const shard = withMisplacedFlag(shardOf(list, { ...newHeader(n), ...header }));
  await harness.overwrite(shardKey(KEY, n), Buffer.from(shard.seal()));
}

async function numbersAt(harness: SwarmHarness, n: number): Promise<number[]> {
  const shards = await harness.shardsAt(shardKey(KEY, n));
  const numbers = shards.flatMap(recordsOf).map((record) => record.readUInt32BE(16));
  return numbers.sort((a, b) => a - b);
}

describe('the way to the shard of a peer', () => {
  it('ends at the first shard in a swarm of one', async () => {
    const harness = new SwarmHarness();
    const { shard, fetches } = await routerOf(harness).visit(KEY, operation(harness, 1));
    const n = shard.number;
    expect({ n, count: shard.count, fetches }).to.deep.equal({ n: 0, count: 1, fetches: 1 });
  });

  it('goes on to where the shards say that the peer belongs', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(3, 2, 1);
    await store(harness, 0, { depth: 2 });
    await store(harness, 1, { depth: 2 });
    await store(harness, 2, {});
    await store(harness, 3, {});
    const { shard, fetches } = await routerOf(harness).visit(KEY, operation(harness, number));
    const n = shard.number;
    expect({ n, fetches }).to.deep.equal({ n: 3, fetches: 2 });
    expect(await numbersAt(harness, 3)).to.deep.equal([number]);
  });

  it('is direct for the peers that follow, as the depth is remembered', async () => {
    const harness = new SwarmHarness();
    await store(harness, 0, { depth: 1 });
    await store(harness, 1, {});
    const router = routerOf(harness);
    const [first = 0, second = 0] = numbersIn(1, 1, 2);
    await router.visit(KEY, operation(harness, first));
    expect(router.depthOf(KEY)).to.equal(1);
    harness.pass(60);
    expect((await router.visit(KEY, operation(harness, second))).fetches).to.equal(1);
    expect(router.depthOf('ff'.repeat(20))).to.equal(0);
  });

  it('leads to the parent of a shard that is not there or forwards', async () => {
    for (const child of ['absent', 'forwarding']) {
      const harness = new SwarmHarness();
      const router = routerOf(harness);
      const [deep = 0] = numbersIn(2, 2, 1);
      const [number = 0] = numbersIn(3, 2, 1);
      await store(harness, 0, { depth: 2 });
      await store(harness, 1, {});
      await store(harness, 2, {});
      if (child === 'forwarding') await store(harness, 3, { forwarding: true, forwardingSince: 9000 });
      await router.visit(KEY, operation(harness, deep));
      const n = (await router.visit(KEY, operation(harness, number))).shard.number;
      expect(n).to.equal(1);
      expect(await numbersAt(harness, 1)).to.deep.equal([number]);
    }
  });

  it('makes the shard anew that its parent says is there, but the store does not find', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(1, 1, 1);
    await store(harness, 0, { depth: 1 });
    const n = (await routerOf(harness).visit(KEY, operation(harness, number))).shard.number;
    expect(n).to.equal(1);
    expect(await numbersAt(harness, 1)).to.deep.equal([number]);
  });

  it('makes none for who only looks', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(1, 1, 1);
    await store(harness, 0, { depth: 1 });
    const { hash } = operation(harness, number);
    const { shard } = await routerOf(harness).visit(KEY, new FindOperation(hash));
    const n = shard.number;
    expect({ n, count: shard.count }).to.deep.equal({ n: 1, count: 0 });
    expect(await harness.keys()).to.deep.equal([KEY]);
  });

  it('brings a shard back to life that forwards to a parent which has split since', async () => {
    const harness = new SwarmHarness();
    const [number = 0] = numbersIn(1, 1, 1);
    await store(harness, 0, { depth: 1, generation: 3 });
    await store(harness, 1, { forwarding: true, forwardingSince: 9000, generation: 2 });
    await routerOf(harness).visit(KEY, operation(harness, number));
    const [shard] = await harness.shardsAt(shardKey(KEY, 1));
    expect(shard?.header).to.deep.include({ forwarding: false, generation: 3 });
    expect(await numbersAt(harness, 1)).to.deep.equal([number]);
  });

  it('is found from a remembered depth that is far too deep', async () => {
    const harness = new SwarmHarness();
    const router = routerOf(harness);
    const deep = numbersIn(0, 6, 6);
    await store(harness, 0, { depth: 6 });
    for (const n of [1, 2, 4, 8, 16, 32]) await store(harness, n, {});
    for (const number of deep) await router.visit(KEY, operation(harness, number));
    expect(router.depthOf(KEY)).to.equal(6);
    const [number = 0] = numbersIn(63, 6, 1);
    expect((await router.visit(KEY, operation(harness, number))).shard.number).to.equal(1);
    expect(router.depthOf(KEY)).to.equal(1);
  });

  it('leads past the shard above, for a download: a leecher may not have been moved from there yet', async () => {
    for (const guess of [0, 1, 2, 3, 4]) {
      for (const isSplitStored of [true, false]) {
        const harness = new SwarmHarness();
        const [leecher = 0] = numbersIn(3, 2, 1);
        await store(harness, 0, { depth: 4 });
        // Its child is there already; whether it knows of that yet or not, it still has the
        // leecher.
        await store(harness, 1, { depth: isSplitStored ? 2 : 1 }, [leecher]);
        await store(harness, 3, {});
        const router = routerOf(harness);
        for (const number of numbersIn(0, 4, guess)) await router.visit(KEY, operation(harness, number));
        expect(router.depthOf(KEY)).to.equal(guess);
        const completes = completionOf(leecher);
        const n = (await router.visit(KEY, completes)).shard.number;
        const from = `guessed at ${guess}, split ${isSplitStored ? 'stored' : 'under way'}`;
        expect({ n, isCounted: completes.countsDownload }, from).to.deep.equal({
          n: isSplitStored ? 3 : 1,
          isCounted: true,
        });
      }
    }
  });

  it('leads past every shard above that this process remembers the peer in, for a download', async () => {
    const harness = new SwarmHarness();
    const [leecher = 0] = numbersIn(7, 3, 1);
    await store(harness, 0, { depth: 4 });
    await store(harness, 1, {}, []);
    const router = routerOf(harness);
    for (const number of numbersIn(0, 4, 1)) await router.visit(KEY, operation(harness, number));
    expect((await router.visit(KEY, operation(harness, leecher))).shard.number).to.equal(1);
    for (const number of numbersIn(0, 4, 2, 1000)) await router.visit(KEY, operation(harness, number));
    expect(router.depthOf(KEY)).to.equal(3);
    // Another process has split that shard twice since, and not come to move the leecher, of whom
    // it did not know.
    await store(harness, 1, { depth: 3 }, [leecher]);
    for (const [n, depth] of [
      [3, 3],
      [5, 3],
      [7, 3],
    ] as const) {
      await store(harness, n, { depth });
    }
    const completes = completionOf(leecher);
    const n = (await router.visit(KEY, completes)).shard.number;
    expect({ n, isCounted: completes.countsDownload }).to.deep.equal({ n: 7, isCounted: true });
  });

  it('leads back to the parent that takes a shard back in the moment that it is made anew', async () => {
    for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
      const harness = new SwarmHarness({}, { concurrency });
      const [number = 0] = numbersIn(1, 1, 1);
      await store(harness, 0, { depth: 1 });
      const put = harness.store.put.bind(harness.store);
      let isMerged = false;
      harness.store.put = async (key, value, version) => {
        if (key === `${KEY}.1` && !isMerged) {
          isMerged = true;
          // A purge has made the shard as well, and merged it with its parent again.
          await store(harness, 0, { depth: 0, generation: 1 });
          await store(harness, 1, { generation: 1, forwarding: true, forwardingSince: 9000 });
        }
        return put(key, value, version);
      };
      const n = (await routerOf(harness).visit(KEY, operation(harness, number))).shard.number;
      expect(n, concurrency).to.equal(0);
      expect((await harness.scrape()).counts.leechers, concurrency).to.equal(1);
    }
  });

  it('is guessed one deeper only for one deep shard, as the others may be far less deep', async () => {
    const harness = new SwarmHarness();
    const router = routerOf(harness);
    const [deep = 0] = numbersIn(0, 6, 1);
    await store(harness, 0, { depth: 6 });
    await router.visit(KEY, operation(harness, deep));
    expect(router.depthOf(KEY)).to.equal(1);
  });
});

describe('an operation at one shard', () => {
  it('is applied there, whoever is responsible', async () => {
    const harness = new SwarmHarness();
    await store(harness, 0, { depth: 1 }, numbersIn(0, 1, 2));
    await store(harness, 1, { forwarding: true, forwardingSince: 9000 });
    const router = routerOf(harness);
    const read = new ReadOperation();
    expect((await router.applyAt(KEY, 0, read)).count).to.equal(2);
    expect((await router.applyAt(KEY, 1, read)).header.forwarding).to.equal(true);
    expect((await router.applyAt(KEY, 2, read)).count).to.equal(0);
    expect(await harness.keys()).to.deep.equal([KEY, `${KEY}.1`]);
  });

  it('makes the shard, or brings it back to life, where it is to', async () => {
    for (const isThere of [true, false]) {
      const harness = new SwarmHarness();
      if (isThere) {
        await store(harness, 1, { forwarding: true, forwardingSince: 9000, generation: 5, absorptions: 7 });
      }
      const absorb = new AbsorbOperation(shardOf([]));
      const shard = await routerOf(harness).applyAt(KEY, 1, absorb, 'create');
      expect(shard.header).to.deep.equal({
        ...newHeader(1),
        generation: isThere ? 6 : 0,
        absorptions: 1,
      });
      expect((await harness.shardsAt(`${KEY}.1`)).map(({ header }) => header)).to.deep.equal([shard.header]);
    }
  });

  it('moves the misplaced records that it finds there', async () => {
    const harness = new SwarmHarness();
    const misplaced = numbersIn(1, 1, 3);
    await store(harness, 0, { depth: 1 }, misplaced);
    await store(harness, 1, {});
    await routerOf(harness).applyAt(KEY, 0, new ReadOperation());
    expect(await numbersAt(harness, 0)).to.deep.equal([]);
    expect(await numbersAt(harness, 1)).to.deep.equal(misplaced);
  });
});

describe('records in a shard that they do not belong into', () => {
  it('are moved to where they belong, and only then dropped', async () => {
    const harness = new SwarmHarness();
    const mine = numbersIn(0, 1, 3);
    const misplaced = numbersIn(1, 1, 3);
    await store(harness, 0, { depth: 1 }, [...mine, ...misplaced]);
    await store(harness, 1, {});
    const [visitor = 0] = numbersIn(0, 1, 1, 1000);
    await routerOf(harness).visit(KEY, operation(harness, visitor));
    expect(await numbersAt(harness, 0)).to.deep.equal([...mine, visitor]);
    expect(await numbersAt(harness, 1)).to.deep.equal(misplaced);
    const [shard] = await harness.shardsAt(KEY);
    expect(shard?.header.misplaced).to.equal(false);
  });

  it('stay where they are if they cannot be stored where they belong', async () => {
    let fails = true;
    const harness = new SwarmHarness(
      {},
      { fault: (called, key) => (fails && called === 'put' && key !== KEY ? 'before' : 'none') },
    );
    const misplaced = numbersIn(1, 1, 3);
    await store(harness, 0, { depth: 1 }, misplaced);
    const [visitor = 0, later = 0] = numbersIn(0, 1, 2, 1000);
    const router = routerOf(harness);
    await router.visit(KEY, operation(harness, visitor));
    expect(await numbersAt(harness, 0)).to.include.members([...misplaced, visitor]);
    fails = false;
    await router.visit(KEY, operation(harness, later));
    expect(await numbersAt(harness, 1)).to.deep.equal(misplaced);
    expect(await numbersAt(harness, 0)).to.deep.equal([visitor, later]);
  });

  it('fail nobody who only comes by, and leave nothing going on behind, when one of them cannot be moved', async () => {
    const calls: string[] = [];
    let fails = true;
    const harness = new SwarmHarness(
      {},
      {
        fault: (called, key) => (fails && called === 'put' && key === `${KEY}.1` ? 'before' : 'none'),
        schedule: async (label) => {
          // The third shard is slow to answer: a move to it is still under way when the other one
          // fails.
          if (label.includes(`${KEY}.2`)) for (let i = 0; i < 20; i++) await new Promise(setImmediate);
          calls.push(label);
        },
      },
    );
    const ones = numbersIn(1, 2, 2);
    const twos = numbersIn(2, 2, 2);
    fails = false;
    await store(harness, 0, { depth: 2 }, [...ones, ...twos]);
    await store(harness, 1, { depth: 2 });
    await store(harness, 2, {});
    fails = true;
    const [visitor = 0] = numbersIn(0, 2, 1, 1000);
    const { shard } = await routerOf(harness).visit(KEY, operation(harness, visitor));
    const n = shard.number;
    expect([n, shard.count]).to.deep.equal([0, 5]);
    expect(harness.log.lines.map(({ event }) => event)).to.deep.equal(['misplaced peers not moved']);
    expect(harness.log.lines[0]?.fields['cause']).to.be.instanceOf(StoreUnavailableError);
    const before = calls.length;
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(calls.length).to.equal(before);
    expect(await numbersAt(harness, 2)).to.deep.equal(twos);
    expect(await numbersAt(harness, 0)).to.include.members(ones);
  });

  it('go to the parent if the shard forwards', async () => {
    const harness = new SwarmHarness();
    const misplaced = numbersIn(1, 1, 2);
    await store(harness, 0, {});
    await store(harness, 1, { forwarding: true, forwardingSince: 9000 }, misplaced);
    const router = routerOf(harness);
    // A depth of one is remembered from before the swarm shrank.
    await store(harness, 0, { depth: 1 });
    const [before = 0] = numbersIn(0, 1, 1);
    await router.visit(KEY, operation(harness, before));
    await store(harness, 0, { generation: 1 }, [before]);
    harness.pass(60);
    const [number = 0] = numbersIn(1, 1, 1, 1000);
    await router.visit(KEY, operation(harness, number));
    expect(await numbersAt(harness, 0)).to.have.members([before, ...misplaced, number]);
    expect(await numbersAt(harness, 1)).to.deep.equal([]);
  });

  it('of two shards that hold those of one another change places', async () => {
    const harness = new SwarmHarness();
    const [zeros, ones] = [numbersIn(0, 1, 4), numbersIn(1, 1, 4)];
    await store(harness, 0, { depth: 1 }, ones);
    await store(harness, 1, {}, zeros);
    const router = routerOf(harness);
    const more = [numbersIn(0, 1, 1, 1000), numbersIn(1, 1, 1, 1000)].flat();
    await Promise.all(more.map((number) => router.visit(KEY, operation(harness, number))));
    for (const n of [0, 1]) {
      const [shard] = await harness.shardsAt(shardKey(KEY, n));
      if (shard === undefined) expect.fail('the shard is gone');
      expect(shard.header.misplaced).to.equal(false);
      for (const record of recordsOf(shard)) expect(ownsRecord(shard.header, record, 0)).to.equal(true);
      expect(shard.count).to.equal(5);
    }
  });
});

describe('misplaced records in a shard that splits while it drops others', () => {
  it('are moved to where they belong, too', async () => {
    const harness = new SwarmHarness({ shardPeers: 4 });
    await store(harness, 0, { depth: 1 }, numbersIn(0, 2, 2));
    await store(harness, 1, {});
    await store(harness, 2, { depth: 3 });
    await store(harness, 6, {});
    const router = routerOf(harness);
    await router.visit(KEY, new FindOperation(0));
    // Another process knew none of these shards, and puts its peers beside what is stored.
    const deep = numbersIn(6, 3, 3);
    const others = shardOf([...numbersIn(1, 1, 1), ...deep].map((number) => seenNow(harness, number)));
    await harness.store.put(KEY, Buffer.from(others.seal()));
    const [, , next = 0] = numbersIn(0, 2, 3);
    await router.visit(KEY, operation(harness, next));
    expect(await numbersAt(harness, 6)).to.deep.equal(deep);
    expect(await numbersAt(harness, 2)).to.deep.equal([]);
    for (const n of [0, 1, 2, 6]) {
      const misplaced = (await harness.shardsAt(shardKey(KEY, n))).map(({ header }) => header.misplaced);
      expect(misplaced, `shard ${n}`).to.deep.equal([false]);
    }
  });
});
