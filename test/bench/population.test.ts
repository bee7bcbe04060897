import { expect } from 'chai';

import { addressOf, announceTarget, escapeInfohash, infohashOf } from '../../bench/load/numbered.js';
import { InstantStore } from '../../bench/support/instant-store.js';
import { Population } from '../../bench/support/population.js';
import { config } from '../../bench/support/tracker.js';
import { infohashKey, shardKey } from '../../lib/swarm/placement.js';

const FIRST = 5;
const SWARMS = 4;
const SIZE = 30;
const startMs = 1_800_000_000_000;

describe('A population of peers that announce as live clients do', () => {
  const population = new Population(FIRST, SWARMS, SIZE, startMs);
  const announces = Array.from({ length: SWARMS * SIZE }, (_, place) => population.announce(place));

  it('has each peer announce once an interval, in its own swarm', () => {
    const expected = announces.map((_, peer) => ({
      target: announceTarget(escapedInfohash(Math.floor(peer / SIZE)), peer),
      address: addressOf(peer),
    }));
    const made = announces.map(({ target, address }) => ({ target, address }));
    expect(made).to.have.deep.members(expected);
    const again = population.announce(SWARMS * SIZE);
    expect(again).to.deep.equal({ ...announces[0], at: startMs + config.announceIntervalSeconds * 1000 });
  });

  it('spreads announces evenly over the interval', () => {
    const step = (config.announceIntervalSeconds * 1000) / (SWARMS * SIZE);
    expect(announces.map(({ at }) => at)).to.deep.equal(announces.map((_, place) => startMs + place * step));
  });

  it('is scraped and stored by the same infohashes', async () => {
    const store = new InstantStore();
    await population.store(store);
    for (let swarm = 0; swarm < SWARMS; swarm++) {
      expect(population.scrape(swarm + SWARMS)).to.equal(`/scrape?info_hash=${escapedInfohash(swarm)}`);
      const { values } = await store.fetch(shardKey(infohashKey(infohashOf(FIRST + swarm)), 0));
      expect(values).to.have.length(1);
    }
  });
});

function escapedInfohash(swarm: number): string {
  return escapeInfohash(infohashOf(FIRST + swarm));
}
