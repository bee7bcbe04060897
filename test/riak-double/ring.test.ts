import { expect } from 'chai';
import fc from 'fast-check';

import { Ring } from './ring.js';

const ids = Array.from({ length: 2000 }, (_, number) => `swarms/74/${number.toString(16)}`);

describe('the ring of the Riak double', () => {
  it('has every copy of a key on a partition of its own, all on owners while these are up', () => {
    const ring = new Ring(64, 3);
    for (const id of ids) {
      const places = ring.preferenceList(id, 3, () => true);
      expect(new Set(places.map(({ partition }) => partition)).size).to.equal(3);
      for (const { partition, node, fallback } of places) {
        expect([ring.ownerOf(partition), fallback]).to.deep.equal([node, false]);
      }
    }
  });

  it('spreads keys evenly', () => {
    const ring = new Ring(64, 3);
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(ring.partitionOf(id), (counts.get(ring.partitionOf(id)) ?? 0) + 1);
    expect(counts.size).to.equal(64);
    expect(Math.max(...counts.values())).to.be.below((3 * ids.length) / 64);
  });

  it('has some keys with two copies on one node where 64 partitions are on three nodes, and none on four', () => {
    const withTwo = (nodes: number): number => {
      const ring = new Ring(64, nodes);
      const lists = ids.map((id) => ring.preferenceList(id, 3, () => true).map(({ node }) => node));
      return lists.filter((list) => new Set(list).size < list.length).length;
    };
    expect(withTwo(3)).to.be.within(1, ids.length / 10);
    expect(withTwo(4)).to.equal(0);
  });

  it('lets nodes that are up stand in for those that are down, and is complete while any is up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(32, 64),
        fc.nat(),
        fc.uniqueArray(fc.nat({ max: 5 })),
        (nodes, size, id, down) => {
          const ring = new Ring(size, nodes);
          const isUp = (node: number): boolean => !down.includes(node);
          const places = ring.preferenceList(String(id), 3, isUp);
          const anyUp = Array.from({ length: nodes }, (_, node) => node).some(isUp);
          expect(places).to.have.length(anyUp ? 3 : 0);
          for (const { partition, node, fallback } of places) {
            expect(isUp(node)).to.equal(true);
            expect(fallback).to.equal(!isUp(ring.ownerOf(partition)));
          }
        },
      ),
    );
  });
});
