import fc from 'fast-check';

import { seededRandom } from '../support/seeded-random.js';
import { RegionWorld, type RegionAct } from './support/region-world.js';

const PEERS = 24;
/** A link is cut for ten minutes at most. */
const CUT_SECONDS = 600;
/** What a link carries is there after so long. */
const LAG_SECONDS = 30;

/** Rounds of announces at once in all regions, with time passing between them. */
function histories(regions: number): fc.Arbitrary<readonly Round[]> {
  const region = fc.integer({ min: 0, max: regions - 1 });
  const acts: fc.Arbitrary<RegionAct> = fc.record({
    peer: fc.integer({ min: 0, max: PEERS - 1 }),
    region,
    doing: fc.constantFrom('announce', 'announce', 'announce', 'seed', 'stop'),
  });
  return fc.array(
    fc.record({
      acts: fc.uniqueArray(acts, { maxLength: PEERS, selector: ({ peer }) => peer }),
      purges: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(region, { maxLength: 2 })),
      cut: fc.option(region, { nil: undefined }),
      pause: fc.constantFrom(0, 1, 40, 400, 600, 1200, 3000),
    }),
    { minLength: 1, maxLength: 8 },
  );
}

interface Round {
  readonly acts: readonly RegionAct[];
  readonly purges: readonly number[];
  /** The region that is cut off while this round goes on, and for up to ten minutes after it. */
  readonly cut: number | undefined;
  readonly pause: number;
}

async function run(
  world: RegionWorld,
  round: Round,
  act: (world: RegionWorld) => Promise<void>,
): Promise<void> {
  const { cut, pause } = round;
  if (cut !== undefined) world.stores.cut(cut);
  await act(world);
  const cutFor = cut === undefined ? 0 : Math.min(pause, CUT_SECONDS);
  world.pause(cutFor);
  if (cut !== undefined) world.stores.restore(cut);
  world.pause(pause - cutFor);
  if (pause - cutFor < LAG_SECONDS) return;
  world.settle();
  await world.expectStored();
}

describe('a swarm that is written in several regions', () => {
  const cases: readonly [regions: number, skews: readonly number[], runs: number][] = [
    [2, [0, 0], 200],
    [3, [0, 0, 0], 150],
    [2, [30, -30], 150],
    [3, [30, 0, -30], 100],
  ];
  for (const [regions, skews, numRuns] of cases) {
    it(`is what a plain map of its peers would be once everything has arrived in ${regions} regions, clocks ahead by ${skews.join(', ')} s`, async function () {
      this.timeout(300_000);
      await fc.assert(
        fc.asyncProperty(histories(regions), fc.scheduler(), fc.nat(), async (history, scheduler, seed) => {
          let scheduled = true;
          const world = new RegionWorld(skews, seededRandom(seed), (label) =>
            scheduled ? scheduler.schedule(Promise.resolve(), label) : Promise.resolve(),
          );
          for (const round of history) {
            scheduled = true;
            await run(world, round, async () => {
              await scheduler.waitFor(
                Promise.all([
                  ...round.acts.map((act) => world.act(act)),
                  ...round.purges.map((region) => world.purge(region)),
                ]),
              );
              scheduled = false;
            });
          }
          scheduled = false;
          world.settle();
          await world.expectStored();
          // A purge in peace moves what merging has misplaced, and links shards that were not known.
          for (let region = 0; region < regions; region++) {
            await world.purge(region);
            world.settle();
          }
          await world.expectCounted(await world.expectStored());
        }),
        { numRuns },
      );
    });
  }
});
