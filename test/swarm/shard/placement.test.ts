import { expect } from 'chai';
import fc from 'fast-check';

import {
  birthDepth,
  candidateShards,
  childOf,
  coverage,
  hashPeerId,
  infohashKey,
  MAX_DEPTH,
  parentOf,
  parseShardKey,
  shardAt,
  shardKey,
  V4_LIST,
  V6_LIST,
} from '../../../lib/swarm/shard/placement.js';
import { peerIdOf } from '../support/peers.js';

const hashes = fc.nat(2 ** 32 - 1);

/** The depths of a swarm's shards by number, after any sequence of splits. */
const trees = fc.array(fc.nat(), { maxLength: 60 }).map((choices) => {
  const depths = new Map([[0, 0]]);
  for (const choice of choices) {
    const shards = [...depths].filter(([, depth]) => depth < MAX_DEPTH);
    const [n, depth] = shards[choice % shards.length] ?? [0, 0];
    depths.set(n, depth + 1);
    depths.set(childOf(n, depth), depth + 1);
  }
  return depths;
});

describe('the placement of peers', () => {
  it('gives every hash exactly one shard, whatever the shape of the tree', () => {
    fc.assert(
      fc.property(trees, hashes, (tree, hash) => {
        expect([...tree].filter(([n, depth]) => shardAt(hash, depth) === n)).to.have.length(1);
      }),
    );
  });

  it('covers all hashes once with all shards together', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        expect([...tree.values()].reduce((sum, depth) => sum + coverage(depth), 0)).to.equal(1);
      }),
    );
  });

  it('never makes a shard that is there already', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        for (const [n, depth] of tree) expect(tree.has(childOf(n, depth))).to.equal(false);
      }),
    );
  });

  it('lines up the shards that may hold a hash: down to the one that does they are there, and below it none is', () => {
    fc.assert(
      fc.property(trees, hashes, (tree, hash) => {
        const line = candidateShards(hash);
        const last = line.findIndex((n) => shardAt(hash, tree.get(n) ?? 0) === n && tree.has(n));
        expect(line.map((n) => tree.has(n))).to.deep.equal(line.map((_, i) => i <= last));
        for (const [i, n] of line.entries()) if (i > 0) expect(parentOf(n)).to.equal(line[i - 1]);
      }),
    );
  });

  it('knows of a child its parent and the depth it was made with', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        for (const [n, depth] of tree) {
          expect(parentOf(childOf(n, depth))).to.equal(n);
          expect(birthDepth(childOf(n, depth))).to.equal(depth + 1);
        }
      }),
    );
    expect(birthDepth(0)).to.equal(0);
  });

  it('leads from any guess of the depth to the shard that is responsible', () => {
    fc.assert(
      fc.property(trees, hashes, fc.nat(MAX_DEPTH), (tree, hash, guess) => {
        let n = shardAt(hash, guess);
        for (let steps = 0; ; steps++) {
          expect(steps).to.be.at.most(2 * MAX_DEPTH);
          const depth = tree.get(n);
          if (depth === undefined) n = parentOf(n);
          else if (shardAt(hash, depth) === n) return;
          else n = shardAt(hash, depth);
        }
      }),
    );
  });

  it('splits the peers of any client about evenly', () => {
    const depth = 4;
    const perShard = new Array<number>(1 << depth).fill(0);
    const peers = 16_000;
    for (let number = 0; number < peers; number++) {
      const n = shardAt(hashPeerId(peerIdOf(number)), depth);
      perShard[n] = (perShard[n] ?? 0) + 1;
    }
    // A shard's share has a standard deviation of 31 around 1,000.
    for (const count of perShard) expect(count).to.be.within(850, 1150);
  });

  it('changes the low bits for a change of any byte of the peer id', () => {
    const peerId = peerIdOf(1);
    for (let at = 0; at < peerId.length; at++) {
      const changed = new Set<number>();
      for (let value = 0; value < 64; value++) {
        const other = Buffer.from(peerId);
        other[at] = value;
        changed.add(shardAt(hashPeerId(other), 4));
      }
      expect(changed.size, `byte ${at}`).to.be.above(8);
    }
  });

  it('hashes 20 bytes, wherever they lie', () => {
    const peerId = peerIdOf(3);
    const within = Buffer.concat([Buffer.alloc(7, 1), peerId, Buffer.alloc(7, 2)]);
    expect(hashPeerId(within, 7)).to.equal(hashPeerId(peerId));
    expect(hashPeerId(peerId)).to.be.within(0, 2 ** 32 - 1);
  });
});

describe('the keys of a swarm', () => {
  it('are the infohash in lower-case hex, and for all shards but the first their number', () => {
    const infohash = new Uint8Array(Buffer.from(`xx${'\xAB'.repeat(20)}`, 'latin1')).subarray(2);
    expect(infohashKey(infohash)).to.equal('ab'.repeat(20));
    expect(shardKey('ab', 0)).to.equal('ab');
    expect(shardKey('ab', 12)).to.equal('ab.12');
  });

  it('are those of its lists of a rare family, which sort behind its shards and before other swarms', () => {
    const hash = 'ab'.repeat(20);
    const keys = [0, 9, V4_LIST, V6_LIST].map((number) => shardKey(hash, number));
    expect(keys).to.deep.equal([hash, `${hash}.9`, `${hash}.v4`, `${hash}.v6`]);
    expect([...keys, `${hash}/`].sort()).to.deep.equal([...keys, `${hash}/`]);
  });

  it('say what they stand for', () => {
    const infohash = 'ab'.repeat(20);
    for (const number of [0, 1, 70_000, V4_LIST, V6_LIST]) {
      expect(parseShardKey(shardKey(infohash, number))).to.deep.equal({ infohash, number });
    }
    for (const key of ['purge-report', 'ab', `${infohash}.`, `${infohash}.v5`, `${infohash}.x`]) {
      expect(parseShardKey(key)).to.equal(undefined);
    }
  });
});
