import { expect } from 'chai';

import {
  covered,
  Neighbours,
  SAMPLE_SHARDS,
  type HasEnough,
} from '../../../lib/swarm/sampling/neighbours.js';
import { shardKey } from '../../../lib/swarm/shard/placement.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { ReadOperation } from '../../../lib/swarm/operations/operation.js';
import { ShardCache } from '../../../lib/swarm/cache/shard-cache.js';
import { shardOf } from '../../support/swarm-arbitraries.js';
import { numbersIn, recordOf } from '../support/peers.js';
import { KEY, SwarmHarness, upTo } from '../support/swarm-harness.js';

const PEERS = 10;

interface Scene {
  readonly harness: SwarmHarness;
  readonly shards: ShardCache;
  readonly neighbours: Neighbours;
  /** The answer of an announce that ended at shard 0. */
  readonly own: Shard;
}

function atLeast(peers: number): HasEnough {
  return (shards) => shards.reduce((sum, { count }) => sum + count, 0) >= peers;
}

/** A swarm of 2^depth stored shards with ten peers each. */
async function swarmOf(depth: number): Promise<Scene> {
  const harness = new SwarmHarness({ warmMilliseconds: 5000 });
  for (const n of upTo(1 << depth)) {
    const list = numbersIn(n, depth, PEERS).map((number) => recordOf(number, { seen: 10_000 }));
    await harness.overwrite(shardKey(KEY, n), Buffer.from(shardOf(list, { ...newHeader(n), depth }).seal()));
  }
  const shards = new ShardCache(harness.context, 1e9);
  const { shard: own } = await shards.writer(KEY, 0).submit(new ReadOperation());
  return { harness, shards, neighbours: new Neighbours(shards, harness.random, harness.log), own };
}

describe('the shards around a peer', () => {
  it('are its own alone in a swarm of one shard, without a read', async () => {
    const { harness, neighbours, own } = await swarmOf(0);
    const taken = await harness.operationsOf(async () => {
      expect(await neighbours.around(KEY, own, atLeast(50), 3)).to.deep.equal([own]);
    });
    expect(taken).to.deep.equal({});
  });

  it('are read until there are enough peers, and no more than allowed', async () => {
    for (const [enough, reads, expected] of [
      [0, 3, 1],
      [PEERS, 3, 1],
      [2 * PEERS, 3, 1],
      [2 * PEERS + 1, 3, 2],
      [1000, 3, 3],
      [1000, 0, 0],
    ] as const) {
      const { harness, neighbours, own } = await swarmOf(6);
      const taken = await harness.operationsOf(
        async () => await neighbours.around(KEY, own, atLeast(enough), reads),
      );
      expect(taken.fetch ?? 0, `${enough} peers, ${reads} reads`).to.equal(expected);
    }
  });

  it('begin with its own, and have no shard twice', async () => {
    const { neighbours, own } = await swarmOf(6);
    for (let i = 0; i < 40; i++) {
      const around = await neighbours.around(KEY, own, atLeast(50), 3);
      expect(around[0]).to.equal(own);
      expect(new Set(around.map(({ number }) => number)).size).to.equal(around.length);
    }
  });

  it('become as many as make a sample while they stay warm, and never more', async () => {
    const { neighbours, own } = await swarmOf(6);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    for (let i = 0; i < 50; i++) {
      expect(await neighbours.around(KEY, own, atLeast(1000), 3)).to.have.length(SAMPLE_SHARDS);
    }
  });

  it('have another in the place of one each time once they are a sample, for one read at most', async () => {
    const { harness, neighbours, own } = await swarmOf(6);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    let before = new Set((await neighbours.around(KEY, own, atLeast(0), 0)).map(({ number }) => number));
    for (let i = 0; i < 100; i++) {
      let after: number[] = [];
      const { fetch = 0 } = await harness.operationsOf(async () => {
        after = (await neighbours.around(KEY, own, atLeast(1000), 3)).map(({ number }) => number);
      });
      expect(fetch).to.be.at.most(1);
      expect(after).to.have.length(SAMPLE_SHARDS);
      expect(after.filter((n) => !before.has(n)).length).to.be.at.most(1);
      before = new Set(after);
    }
  });

  it('are all of a busy swarm in the course of time, though no more than a sample at once', async () => {
    const { neighbours, own } = await swarmOf(6);
    const seen = new Set<number>();
    const newest = new Set<number>();
    for (let i = 0; i < 3000; i++) {
      const around = await neighbours.around(KEY, own, atLeast(0), 1);
      for (const { number } of around) seen.add(number);
      if (i >= 2000) for (const { number } of around) newest.add(number);
    }
    expect(seen.size).to.equal(64);
    // Not only at the beginning.
    expect(newest.size).to.be.above(50);
  });

  it('are left as they are by an announce that may not read', async () => {
    const { harness, neighbours, own } = await swarmOf(6);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    const before = (await neighbours.around(KEY, own, atLeast(0), 0)).map(({ number }) => number);
    const taken = await harness.operationsOf(async () => {
      for (let i = 0; i < 100; i++) {
        const after = (await neighbours.around(KEY, own, atLeast(1000), 0)).map(({ number }) => number);
        expect(after).to.have.members(before);
      }
    });
    expect(taken).to.deep.equal({});
  });

  it('are all of a swarm of up to 16 shards, after a few announces', async () => {
    for (const depth of [1, 3, 4]) {
      const { neighbours, own } = await swarmOf(depth);
      for (let i = 0; i < 60; i++) await neighbours.around(KEY, own, atLeast(0), 1);
      const around = await neighbours.around(KEY, own, atLeast(0), 0);
      expect(covered(around)).to.equal(1);
      expect(around).to.have.length(1 << depth);
    }
  });

  it('are all of a swarm some of whose shards are deeper than its own', async () => {
    const { harness, shards, own } = await swarmOf(1);
    for (const n of [1, 3]) {
      const list = numbersIn(n, 2, PEERS).map((number) => recordOf(number, { seen: 10_000 }));
      await harness.overwrite(
        shardKey(KEY, n),
        Buffer.from(shardOf(list, { ...newHeader(n), depth: 2 }).seal()),
      );
    }
    const neighbours = new Neighbours(shards, harness.random, harness.log);
    for (let i = 0; i < 30; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    const around = await neighbours.around(KEY, own, atLeast(0), 0);
    expect(around.map(({ number }) => number)).to.have.members([0, 1, 3]);
  });

  it('are others once those of before are too old', async () => {
    const { harness, neighbours, own } = await swarmOf(6);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    const before = (await neighbours.around(KEY, own, atLeast(0), 1)).map(({ number }) => number);
    harness.pass(6);
    expect(await neighbours.around(KEY, own, atLeast(0), 0)).to.deep.equal([own]);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    expect(
      (await neighbours.around(KEY, own, atLeast(0), 1)).map(({ number }) => number),
    ).to.not.have.members(before);
  });

  it('come in another order each time, so that the peers of a reply do', async () => {
    const { neighbours, own } = await swarmOf(6);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    const seconds = new Set<number>();
    for (let i = 0; i < 50; i++)
      seconds.add((await neighbours.around(KEY, own, atLeast(0), 0))[1]?.number ?? 0);
    expect(seconds.size).to.be.above(5);
  });

  it('leave out a shard that forwards and one that is not there', async () => {
    for (const isThere of [true, false]) {
      const { harness, neighbours, own } = await swarmOf(1);
      const { version } = await harness.store.fetch(shardKey(KEY, 1));
      if (version === undefined) expect.fail('no shard 1');
      if (isThere) {
        const forwarding = shardOf([], { ...newHeader(1), forwarding: true, forwardingSince: 1 });
        await harness.store.put(shardKey(KEY, 1), Buffer.from(forwarding.seal()), version);
      } else {
        await harness.store.remove(shardKey(KEY, 1), version);
      }
      for (let i = 0; i < 5; i++)
        expect(await neighbours.around(KEY, own, atLeast(50), 1)).to.deep.equal([own]);
    }
  });

  it('leave out a shard that has forwarded since it was read', async () => {
    const { harness, shards, neighbours, own } = await swarmOf(1);
    expect(await neighbours.around(KEY, own, atLeast(0), 1)).to.have.length(2);
    const forwarding = shardOf([], { ...newHeader(1), forwarding: true, forwardingSince: 1 });
    await harness.overwrite(shardKey(KEY, 1), Buffer.from(forwarding.seal()));
    harness.pass(6);
    await shards.writer(KEY, 1).submit(new ReadOperation());
    expect(await neighbours.around(KEY, own, atLeast(0), 0)).to.deep.equal([own]);
  });

  it('are of the swarm that is asked for', async () => {
    const { neighbours, own, shards } = await swarmOf(3);
    for (let i = 0; i < 20; i++) await neighbours.around(KEY, own, atLeast(0), 1);
    const other = 'ff'.repeat(20);
    expect(await neighbours.around(other, own, atLeast(0), 0)).to.deep.equal([own]);
    expect(shards.peek(other, 1)).to.equal(undefined);
  });
});

describe('the share of a swarm that shards cover', () => {
  it('is one for all shards of any tree, and less for some', () => {
    const at = (n: number, depth: number): Shard => shardOf([], { ...newHeader(n), depth });
    expect(covered([at(0, 0)])).to.equal(1);
    expect(covered([at(0, 2), at(1, 1), at(2, 2)])).to.equal(1);
    expect(covered([at(0, 2), at(2, 2)])).to.equal(0.5);
    expect(covered([])).to.equal(0);
  });
});
