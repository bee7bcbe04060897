import { expect } from 'chai';

import { copyShards, openPatientRiak } from '../../bench/simulation/moved-store.js';
import {
  SESSION_MODELS,
  lengthUnderWay,
  meanSessionLength,
  sessionLength,
} from '../../bench/simulation/sessions.js';
import { simulate, type Counted, type SimulationInput } from '../../bench/simulation/simulation.js';
import { storedShards } from '../../bench/simulation/stored.js';
import { InstantStore } from '../../bench/support/instant-store.js';
import { swarmSizes } from '../../lib/plan/swarm-sizes.js';
import type { Store } from '../../lib/store/store.js';
import { startRiakDouble } from '../riak-double/double.js';
import { trackerTypes } from '../riak-double/tracker-types.js';
import { Cleanup } from '../support/cleanup.js';
import { seededRandom } from '../support/seeded-random.js';

function inputOf(changes: Partial<SimulationInput> = {}): SimulationInput {
  const sizes = swarmSizes(1500, 100, 0.8);
  return {
    sizes,
    numbers: Uint32Array.from(sizes, (_, rank) => rank),
    sessions: SESSION_MODELS.redhat,
    settings: { PURGE_INTERVAL: '0', WARM_SECONDS: '300' },
    processes: 2,
    v6Share: 0.2,
    isFilled: true,
    warmUpSeconds: 2800,
    countedSeconds: 1800,
    storeMilliseconds: 5,
    seed: 1,
    store: new InstantStore(),
    ...changes,
  };
}

describe('simulated sessions', () => {
  it('have the lengths of their model, and longer ones are found under way', () => {
    const model = SESSION_MODELS.flatout;
    const random = seededRandom(5);
    const count = 40_000;
    const mean = (of: () => number): number =>
      Array.from({ length: count }, of).reduce((a, b) => a + b, 0) / count;
    expect(meanSessionLength(model) / 60).to.be.closeTo(64.5, 0.3);
    expect(mean(() => sessionLength(model, random))).to.be.closeTo(
      meanSessionLength(model),
      meanSessionLength(model) * 0.05,
    );
    // Of the peers that are there 15 % have been for five hours, as published.
    const uptimes = Array.from({ length: count }, () => random() * lengthUnderWay(model, random));
    expect(uptimes.filter((uptime) => uptime > 5 * 3600).length / count).to.be.within(0.1, 0.17);
  });
});

describe('a simulated site', () => {
  it('does the same again with the same seed', async () => {
    const [first, second] = [await simulate(inputOf()), await simulate(inputOf())];
    expect(second.counted).to.deep.equal(first.counted);
  });

  it('writes less and returns more peers that are gone where fewer re-announces are written', async () => {
    const all = await simulate(inputOf());
    const half = await simulate(
      inputOf({
        settings: { PURGE_INTERVAL: '0', WARM_SECONDS: '300', REFRESH_EVERY: '2', PEER_LIFETIME: '4320' },
        warmUpSeconds: 4500,
      }),
    );
    expect(half.counted.calls.writes).to.be.below(0.85 * all.counted.calls.writes);
    const gone = ({ counted }: typeof all): number => counted.returnedGone / counted.returned;
    expect(gone(half)).to.be.above(1.1 * gone(all));
    expect(gone(all)).to.be.within(0.02, 0.12);
  });

  for (const [refreshEvery, lifetime] of [
    [1, 2700],
    [2, 4320],
  ] as const) {
    it(`counts in memory what the double of Riak counts at its sockets, with REFRESH_EVERY=${refreshEvery}`, async () => {
      const settings = {
        PURGE_INTERVAL: '0',
        REFRESH_EVERY: String(refreshEvery),
        PEER_LIFETIME: String(lifetime),
      };
      const changes = { settings, processes: 1, warmUpSeconds: 600 };
      const inMemory = await simulate(inputOf(changes));
      const atEnd = new Cleanup();
      try {
        const double = await startRiakDouble({ types: trackerTypes });
        atEnd.add(() => double.close());
        const store = openPatientRiak(double.addresses);
        atEnd.add(() => store.close());
        let before = 0;
        const moveTo = async (from: Store): Promise<Store> => {
          await copyShards(from, store);
          return store;
        };
        const onCounting = (): void => void (before = double.operations.count());
        const onDouble = await simulate(inputOf({ ...changes, moveTo, onCounting }));
        const { reads, writes, counts } = onDouble.counted.calls;
        expect(reads).to.be.above(500);
        expect(double.operations.count() - before).to.equal(reads + writes + counts);
        // Other chances, other sessions: alike for each announce.
        const each = ({ acts, calls }: Counted, kind: 'reads' | 'writes'): number =>
          calls[kind] / (acts.start + acts.announce + acts.complete + acts.stop);
        for (const kind of ['reads', 'writes'] as const) {
          const expected = each(inMemory.counted, kind);
          expect(each(onDouble.counted, kind)).to.be.closeTo(expected, 0.07 * expected);
        }
      } finally {
        await atEnd.run();
      }
    }).timeout(60_000);
  }

  it('stores each peer once, and a swarm that all join at once splits', async () => {
    const store = new InstantStore();
    const { purges, sessions } = await simulate(
      inputOf({
        store,
        sizes: [700, 3],
        numbers: [0, 1],
        begunAfter: (swarm) => (swarm === 0 ? 300 : undefined),
        settings: { PURGE_INTERVAL: '1800' },
        warmUpSeconds: 0,
      }),
    );
    const all = (await storedShards(store, () => 'all')).get('all');
    expect(all?.shards).to.be.above(4);
    expect(all?.records).to.be.within(650, sessions);
    expect(purges).to.have.length(1);
  });
});
