import { expect } from 'chai';
import fc from 'fast-check';

import { childOf, MAX_DEPTH, shardAt, shardKey } from '../../../lib/swarm/shard/placement.js';
import { newHeader, type ShardHeader } from '../../../lib/swarm/shard/header.js';
import { ShardReader } from '../../../lib/swarm/sampling/shard-reader.js';
import { minShards, readSample } from '../../../lib/swarm/sampling/shard-sample.js';
import type { Shard } from '../../../lib/swarm/shard/shard.js';
import { defined } from '../../support/defined.js';
import { shardOf } from '../../support/swarm-arbitraries.js';
import { KEY, SwarmHarness } from '../support/swarm-harness.js';

type Tree = Map<number, number>;

/** Splits the shard that is responsible for a hash so often, as long as it can. */
function deepen(tree: Tree, hash: number, times: number): void {
  for (let i = 0; i < times; i++) {
    const [n, depth] = responsible(tree, hash);
    if (depth === MAX_DEPTH) return;
    tree.set(n, depth + 1);
    tree.set(childOf(n, depth), depth + 1);
  }
}

/** The shard of a tree that is responsible for a hash, and its depth. */
function responsible(tree: Tree, hash: number): [number, number] {
  return defined([...tree].find(([n, depth]) => shardAt(hash, depth) === n));
}

const hashes = fc.nat(2 ** 32 - 1);

/** Trees with some shards split again and again. */
const trees = fc
  .array(fc.tuple(hashes, fc.integer({ min: 1, max: MAX_DEPTH })), { maxLength: 20 })
  .map((splits) => {
    const tree: Tree = new Map([[0, 0]]);
    for (const [hash, times] of splits) deepen(tree, hash, times);
    return tree;
  });

async function siteOf(
  tree: Tree,
  changes: (n: number) => Partial<ShardHeader> = () => ({}),
): Promise<SwarmHarness> {
  const harness = new SwarmHarness();
  for (const [n, depth] of tree) {
    const shard = shardOf([], { ...newHeader(n), depth, ...changes(n) });
    await harness.overwrite(shardKey(KEY, n), Buffer.from(shard.seal()));
  }
  return harness;
}

/** A sample of these hashes. */
function sampleOf(harness: SwarmHarness, depth: number, list: readonly number[]): Promise<Shard[]> {
  const left = [...list];
  return readSample(new ShardReader(harness, KEY), depth, list.length, () => (left.shift() ?? 0) / 2 ** 32);
}

describe('a sample of the shards of a swarm', () => {
  it('has the shard of every hash, whatever the shape of the tree, and wherever the search begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        trees,
        fc.integer({ min: 0, max: MAX_DEPTH }),
        fc.array(hashes, { minLength: 1, maxLength: 8 }),
        async (tree, depth, list) => {
          const sample = await sampleOf(await siteOf(tree), depth, list);
          expect(sample.map(({ number, header }) => [number, header.depth])).to.deep.equal(
            list.map((hash) => responsible(tree, hash)),
          );
        },
      ),
    );
  });

  it('is found from the parent of a shard that forwards to it', async () => {
    const tree: Tree = new Map([[0, 2]]);
    for (const n of [1, 2, 3]) tree.set(n, n === 1 ? 1 : 2);
    const harness = await siteOf(tree, (n) => ({ forwarding: n === 3 }));
    const sample = await sampleOf(harness, 2, [3, 7]);
    expect(sample.map(({ number }) => number)).to.deep.equal([1, 1]);
  });

  it('has no shard in the place of one that the store does not find', async () => {
    const tree: Tree = new Map([
      [0, 1],
      [1, 2],
    ]);
    const sample = await sampleOf(await siteOf(tree), 1, [3, 0, 1, 3]);
    expect(sample.map(({ number }) => number)).to.deep.equal([0, 1]);
  });

  it('is empty if there is no shard', async () => {
    expect(await sampleOf(new SwarmHarness(), 3, [1, 2])).to.deep.equal([]);
  });
});

describe('the shards that a swarm has at least', () => {
  it('are all if all are known, and never more', () => {
    fc.assert(
      fc.property(trees, fc.nat(), (tree, known) => {
        const all = [...tree].map(([n, depth]) => shardOf([], { ...newHeader(n), depth }));
        expect(minShards(all)).to.equal(tree.size);
        expect(minShards(all.slice(0, known % tree.size))).to.be.within(1, tree.size);
      }),
    );
  });

  it('are those that were made on the way to the ones that are known', () => {
    const shard = shardOf([], { ...newHeader(7), depth: 5 });
    // It was split off from 3, that one from 1, and that one from 0; and it has split off 15 and 23
    // since.
    expect(minShards([shard])).to.equal([0, 1, 3, 7, 15, 23].length);
    expect(minShards([])).to.equal(1);
  });
});
