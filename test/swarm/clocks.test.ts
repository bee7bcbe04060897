import { expect } from 'chai';

import { SwarmPurge } from '../../lib/purge/swarm-purge.js';
import { emptySummary } from '../../lib/purge/summary.js';
import { Swarms } from '../../lib/swarm/swarms.js';
import { announce, fill, KEY, numbersOf, Site, upTo } from './support/site.js';

const AHEAD = 86_400;

/** A site with three peers that announced through a process whose clock was a day ahead. */
async function siteAhead(concurrency: 'siblings' | 'compare-and-swap'): Promise<Site> {
  const site = new Site({}, { concurrency });
  const { store, log, random, rules } = site;
  const clock = { now: () => site.milliseconds + AHEAD * 1000 };
  await fill(new Swarms({ store, clock, log, random, rules }), upTo(3));
  return site;
}

for (const concurrency of ['siblings', 'compare-and-swap'] as const) {
  describe(`a peer that announced under a clock that was ahead, in a store with ${concurrency}`, () => {
    it('expires a lifetime after the next write to its shard', async () => {
      const site = await siteAhead(concurrency);
      await announce(site.process(), 10);
      site.pass(2600);
      expect(numbersOf(await announce(site.process(), 11))).to.deep.equal([0, 1, 2, 10]);
      site.pass(200);
      expect(numbersOf(await announce(site.process(), 12))).to.deep.equal([11]);
      expect((await site.scrape()).counts.leechers).to.equal(2);
    });

    it('is removed a lifetime after a purge saw it, though nobody announces', async () => {
      const site = await siteAhead(concurrency);
      const { store, clock, log } = site;
      const purge = new SwarmPurge({ store, clock, log, peerLifetimeSeconds: 2700, shardPeers: 192 });
      await purge.clean(KEY, [0], emptySummary());
      site.pass(2701);
      await purge.clean(KEY, [0], emptySummary());
      expect(await site.keys()).to.deep.equal([]);
    });

    it('can stop, start and complete at once, by the right clock', async () => {
      const site = await siteAhead(concurrency);
      await announce(site.process(), 0, { event: 'stopped' });
      expect(numbersOf(await announce(site.process(), 9))).to.deep.equal([1, 2]);
      await announce(site.process(), 0, { event: 'started' });
      expect(numbersOf(await announce(site.process(), 9))).to.deep.equal([0, 1, 2]);
      await announce(site.process(), 1, { event: 'completed', state: 'seeder' });
      expect((await site.scrape()).downloads).to.equal(1);
    });

    it('is dated right by a process that was ahead itself, once its clock is right', async () => {
      const site = new Site({}, { concurrency });
      const swarms = site.process();
      site.pass(AHEAD);
      await fill(swarms, upTo(3));
      site.pass(-AHEAD);
      await announce(swarms, 10);
      site.pass(2701);
      expect(numbersOf(await announce(swarms, 11))).to.deep.equal([]);
    });
  });
}
