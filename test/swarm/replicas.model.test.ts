import { expect } from 'chai';
import fc from 'fast-check';

import { scrapeSwarm } from '../../lib/swarm/sampling/scrape.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { ReplicaStore } from '../support/replica-store.js';
import { seededRandom } from '../support/seeded-random.js';
import { histories, ShuffledOperations } from './support/histories.js';
import { announce, INFOHASH, KEY, SwarmHarness } from './support/swarm-harness.js';
import { SwarmWorld } from './support/swarm-world.js';

describe('a swarm in replicas that are behind, with a stand-in that knows nothing', () => {
  it('is what a plain map of its peers would be, once everything has arrived', async function () {
    this.timeout(300_000);
    await fc.assert(
      fc.asyncProperty(histories(), fc.scheduler(), fc.nat(), async (history, scheduler, seed) => {
        const operations = new ShuffledOperations(scheduler);
        const store = new ReplicaStore(seededRandom(seed), operations.schedule);
        // Each announce is written: else a process that remembers the same of a peer leaves out
        // what another has changed since.
        const changes = { unwrittenSeconds: 0 };
        const world = new SwarmWorld(store, [0, 0, 0], seededRandom(seed + 1), changes);
        for (const { acts, pause } of history) {
          await operations.run(acts.map((act) => world.act(act)));
          await operations.inPeace(async () => {
            store.settle();
            await world.expectStored();
          });
          world.pause(pause);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts each peer that completes after it started, and keeps none that stopped, through any processes', async function () {
    this.timeout(120_000);
    const events = fc.array(
      fc.record({
        peer: fc.integer({ min: 0, max: 5 }),
        through: fc.integer({ min: 0, max: 2 }),
        wish: fc.constantFrom('completed' as const, 'completed' as const, 'stopped' as const),
      }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), async (list, seed) => {
        const harness = new SwarmHarness();
        const store = new ReplicaStore(seededRandom(seed));
        const { clock, log, random, rules } = harness;
        const processes = [0, 1, 2].map(() => new Swarms({ store, clock, log, random, rules }));
        /** The peers that are there, and whether they have completed. */
        const known = new Map<number, boolean>();
        let downloads = 0;
        for (const { peer, through, wish } of list) {
          harness.milliseconds += 100;
          // As a client does: it starts first, completes once, and stops.
          const hasCompleted = known.get(peer);
          const event = hasCompleted === undefined ? 'started' : hasCompleted ? 'stopped' : wish;
          const state = event === 'completed' ? 'seeder' : 'leecher';
          await announce(processes[through] as Swarms, peer, { event, state });
          if (event === 'completed') downloads += 1;
          if (event === 'stopped') known.delete(peer);
          else known.set(peer, event === 'completed');
        }
        store.settle();
        expect(await store.count(KEY)).to.equal(downloads);
        const { counts } = await scrapeSwarm({ store, random, log }, INFOHASH, 0);
        expect(counts.seeders + counts.leechers).to.equal(known.size);
      }),
      { numRuns: 500 },
    );
  });
});
