import { expect } from 'chai';
import fc from 'fast-check';

import { addSwarm, emptySummary } from '../../lib/purge/summary.js';

const counts = fc.record({
  seeders: fc.integer({ min: 0, max: 9 }),
  leechers: fc.integer({ min: 0, max: 9 }),
  partialSeeds: fc.integer({ min: 0, max: 2 }),
});

describe('the summary of a purge', () => {
  it('begins with nothing', () => {
    const { largest, ...numbers } = emptySummary();
    expect(largest).to.deep.equal([]);
    for (const value of Object.values(numbers)) expect(value).to.equal(0);
  });

  it('adds up the swarms that have peers, and has the 20 largest in order, the first of equals first', () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 60 }), (swarms) => {
        const summary = emptySummary();
        for (const [i, swarm] of swarms.entries()) addSwarm(summary, `swarm ${i}`, swarm);
        const sizes = swarms.map((swarm, i) => ({
          infohash: `swarm ${i}`,
          peers: swarm.seeders + swarm.leechers + swarm.partialSeeds,
        }));
        const living = sizes.filter(({ peers }) => peers > 0);
        const sum = (name: keyof (typeof swarms)[number]): number =>
          swarms.reduce((total, swarm) => total + swarm[name], 0);
        expect(summary).to.deep.equal({
          ...emptySummary(),
          swarms: living.length,
          peers: living.reduce((total, { peers }) => total + peers, 0),
          seeders: sum('seeders'),
          leechers: sum('leechers'),
          partialSeeds: sum('partialSeeds'),
          largest: living.sort((a, b) => b.peers - a.peers).slice(0, 20),
        });
      }),
    );
  });

  it('is plain data', () => {
    const summary = emptySummary();
    addSwarm(summary, 'a', { seeders: 1, leechers: 2, partialSeeds: 3 });
    expect(JSON.parse(JSON.stringify(summary))).to.deep.equal(summary);
  });
});
