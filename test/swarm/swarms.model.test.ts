import { expect } from 'chai';
import fc from 'fast-check';

import type { SwarmRules } from '../../lib/swarm/swarms.js';
import { seededRandom } from '../support/seeded-random.js';
import { MemoryStore, type Concurrency, type Fault } from '../support/memory-store.js';
import { concurrencies, histories, ShuffledOperations, type Round } from './support/histories.js';
import { SwarmWorld, type Act } from './support/swarm-world.js';

/** Some rounds are purged meanwhile, once or twice. */
const PURGES = [0, 0, 1, 2];

/** Announces and purges of a round. */
function happening(world: SwarmWorld, { acts, purges }: Round): Promise<unknown>[] {
  return [...acts.map((act) => world.act(act)), ...purgesOf(world, purges)];
}

function purgesOf(world: SwarmWorld, count: number): Promise<void>[] {
  return Array.from({ length: count }, () => world.purge());
}

/** Plays a history in three processes, whose store operations run in the order of a scheduler. */
async function playShuffled(
  history: readonly Round[],
  concurrency: Concurrency,
  scheduler: fc.Scheduler,
  seed: number,
  rules: Partial<SwarmRules> = {},
): Promise<void> {
  const operations = new ShuffledOperations(scheduler);
  const store = new MemoryStore({ concurrency, schedule: operations.schedule });
  const world = new SwarmWorld(store, [0, 0, 0], seededRandom(seed), rules);
  for (const round of history) {
    await operations.run(happening(world, round));
    await operations.inPeace(async () => {
      await world.expectStored();
      // A purge beside announces may leave a shard that the root does not know of; one in peace
      // takes care of it.
      if (round.purges > 0) await world.purge();
      await world.expectSame();
    });
    world.pause(round.pause);
  }
}

describe('a swarm that several processes announce to and purge', () => {
  it('is what a plain map of its peers would be, in whatever order their store operations run', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        histories({ purges: PURGES }),
        concurrencies,
        fc.scheduler(),
        fc.nat(),
        (history, concurrency, scheduler, seed) => playShuffled(history, concurrency, scheduler, seed),
      ),
      { numRuns: 300 },
    );
  });

  it('is so too when calls to the store fail, before or after they took effect, and clients try again', async function () {
    this.timeout(120_000);
    const faults = fc.infiniteStream<Fault>(
      fc.oneof(
        { weight: 5, arbitrary: fc.constant('none' as const) },
        fc.constantFrom('before' as const, 'after' as const),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        histories({ purges: PURGES }),
        concurrencies,
        faults,
        fc.nat(),
        async (history, concurrency, stream, seed) => {
          let faulty = true;
          const store = new MemoryStore({
            concurrency,
            fault: (operation) =>
              faulty && operation !== 'increment' ? (stream.next().value as Fault) : 'none',
          });
          const world = new SwarmWorld(store, [0, 0, 0], seededRandom(seed));
          for (const round of history) {
            await Promise.all(happening(world, round));
            faulty = false;
            await world.expectStored();
            faulty = true;
            world.pause(round.pause);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is so too when the clocks of the processes differ by a few seconds', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        histories({ purges: PURGES }),
        concurrencies,
        fc.nat(),
        async (history, concurrency, seed) => {
          const store = new MemoryStore({ concurrency });
          const world = new SwarmWorld(store, [0, 3, -3], seededRandom(seed));
          for (const { acts, purges, pause } of history) {
            for (const act of acts) await world.act(act);
            await Promise.all(purgesOf(world, purges));
            await world.expectSame();
            world.pause(pause);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is so too when of several re-announces one is written, and keeps each peer that announces in time', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(
        histories({ rounds: 12, purges: [0, 0, 1], pauses: [0, 1, 30, 300, 310, 325, 1500] }),
        concurrencies,
        fc.constantFrom(2, 3),
        fc.scheduler(),
        fc.nat(),
        (history, concurrency, every, scheduler, seed) =>
          // As refreshRules makes them: every * 330 s and something to spare are less than a life.
          playShuffled(history, concurrency, scheduler, seed, {
            unwrittenSeconds: 5,
            sparseRefresh: { every, intervalSeconds: 315, maxUnwrittenSeconds: (every - 1) * 330 + 5 },
          }),
      ),
      { numRuns: 300 },
    );
  });

  it('may miss what a peer says once again, if it said something else through another process in between', async () => {
    const found: readonly Act[] = [
      { peer: 7, through: 0, doing: 'start' },
      { peer: 7, through: 0, doing: 'pause' },
      { peer: 7, through: 1, doing: 'stop' },
      { peer: 7, through: 1, doing: 'start' },
      { peer: 7, through: 0, doing: 'pause' },
    ];
    const store = new MemoryStore({ concurrency: 'siblings' });
    const world = new SwarmWorld(store, [0, 0], seededRandom(0));
    for (const act of found) await world.act(act);
    await world.expectSame();
    const states = [...(await world.expectStored()).values()];
    expect(states, 'as the other process took it').to.deep.equal(['leecher']);
    world.pause(30);
    await world.act({ peer: 7, through: 0, doing: 'announce' });
    const later = [...(await world.expectStored()).values()];
    expect(later, 'written with its next announce').to.deep.equal(['partial-seed']);
  });
});
