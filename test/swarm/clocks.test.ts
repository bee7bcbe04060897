import { expect } from 'chai';

import { SwarmPurge } from '../../lib/purge/swarm-purge.js';
import { emptySummary } from '../../lib/purge/summary.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { announce, fill, KEY, numbersOf, SwarmHarness, upTo } from './support/swarm-harness.js';

const AHEAD = 86_400;

/** A harness with three peers that announced through a process whose clock was a day ahead. */
async function siteAhead(concurrency: 'siblings' | 'compare-and-swap'): Promise<SwarmHarness> {
  const harness = new SwarmHarness({}, { concurrency });
  const { store, log, random, rules } = harness;
  const clock = { now: () => harness.milliseconds + AHEAD * 1000 };
  await fill(new Swarms({ store, clock, log, random, rules }), upTo(3));
  return harness;
}

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  describe(`a peer that announced under a clock that was ahead, in a store with ${concurrency}`, () => {
    it('expires a lifetime after the next write to its shard', async () => {
      const harness = await siteAhead(concurrency);
      await announce(harness.process(), 10);
      harness.pass(2600);
      expect(numbersOf(await announce(harness.process(), 11))).to.deep.equal([0, 1, 2, 10]);
      harness.pass(200);
      expect(numbersOf(await announce(harness.process(), 12))).to.deep.equal([11]);
      expect((await harness.scrape()).counts.leechers).to.equal(2);
    });

    it('is removed a lifetime after a purge saw it, though nobody announces', async () => {
      const harness = await siteAhead(concurrency);
      const { store, clock, log } = harness;
      const purge = new SwarmPurge({ store, clock, log, peerLifetimeSeconds: 2700, shardPeers: 192 });
      await purge.clean(KEY, [0], emptySummary());
      harness.pass(2701);
      await purge.clean(KEY, [0], emptySummary());
      expect(await harness.keys()).to.deep.equal([]);
    });

    it('can stop, start and complete at once, by the right clock', async () => {
      const harness = await siteAhead(concurrency);
      await announce(harness.process(), 0, { event: 'stopped' });
      expect(numbersOf(await announce(harness.process(), 9))).to.deep.equal([1, 2]);
      await announce(harness.process(), 0, { event: 'started' });
      expect(numbersOf(await announce(harness.process(), 9))).to.deep.equal([0, 1, 2]);
      await announce(harness.process(), 1, { event: 'completed', state: 'seeder' });
      expect((await harness.scrape()).downloads).to.equal(1);
    });

    it('is dated right by a process that was ahead itself, once its clock is right', async () => {
      const harness = new SwarmHarness({}, { concurrency });
      const swarms = harness.process();
      harness.pass(AHEAD);
      await fill(swarms, upTo(3));
      harness.pass(-AHEAD);
      await announce(swarms, 10);
      harness.pass(2701);
      expect(numbersOf(await announce(swarms, 11))).to.deep.equal([]);
    });
  });
}
