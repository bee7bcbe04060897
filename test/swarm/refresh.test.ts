import { expect } from 'chai';
import fc from 'fast-check';

import { hashPeerId } from '../../lib/swarm/shard/placement.js';
import { needsRefresh, refreshRules, type RefreshSettings } from '../../lib/swarm/refresh.js';
import { seededRandom } from '../support/seeded-random.js';
import { numbersIn, peerIdOf } from './support/peers.js';

const defaults: RefreshSettings = {
  announceIntervalSeconds: 1800,
  intervalJitterPercent: 10,
  minIntervalSeconds: 900,
  peerLifetimeSeconds: 2700,
  refreshEvery: 1,
};
const sparse = (every: number): RefreshSettings => ({
  ...defaults,
  refreshEvery: every,
  peerLifetimeSeconds: every * 1980 + 720,
});
const START = 1_700_000_000;
const everies = fc.integer({ min: 1, max: 6 });
const hashes = fc.integer({ min: 0, max: 0xffffffff });

describe('the refresh of a peer that says nothing new', () => {
  it('may wait for half of what its life is longer than the longest interval, at most MIN_INTERVAL', () => {
    const unwritten = (changes: Partial<RefreshSettings>): number =>
      refreshRules({ ...defaults, ...changes }).unwrittenSeconds;
    expect(unwritten({})).to.equal(360);
    expect(unwritten({ minIntervalSeconds: 60 })).to.equal(60);
    expect(unwritten({ peerLifetimeSeconds: 1981 })).to.equal(0);
    expect(refreshRules(defaults)).to.not.have.property('sparseRefresh');
  });

  it('is written at each announce that keeps to the interval, by default', () => {
    const rules = refreshRules(defaults);
    fc.assert(
      fc.property(hashes, fc.integer({ min: 360, max: 10_000 }), (hash, age) => {
        expect(needsRefresh(START, START + age, hash, rules)).to.equal(true);
        expect(needsRefresh(START, START + (age % 360), hash, rules)).to.equal(false);
      }),
    );
  });

  it('comes before a peer is overdue, if its client keeps to the interval and is a minute late in all', () => {
    // Six times ten seconds late.
    const gaps = fc.array(fc.integer({ min: 1800, max: 1980 + 60 / 6 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(everies, hashes, gaps, (every, hash, list) => {
        const rules = refreshRules(sparse(every));
        let [seen, now] = [START, START];
        for (const gap of list) {
          now += gap;
          expect(now - seen, 'age at its next announce').to.be.at.most(rules.overdueSeconds ?? NaN);
          if (needsRefresh(seen, now, hash, rules)) seen = now;
        }
      }),
      { numRuns: 2000 },
    );
    expect(refreshRules(defaults).overdueSeconds).to.equal(1980 + 60);
  });

  it('is written if the record is from the future', () => {
    for (const every of [1, 2]) {
      expect(needsRefresh(START + 1, START, 7, refreshRules(sparse(every)))).to.equal(true);
    }
  });

  it('leaves each peer alive that comes no later than half of the spare time after its interval', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 1980 + 360 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(everies, hashes, gaps, (every, hash, list) => {
        const settings = sparse(every);
        const rules = refreshRules(settings);
        let [seen, now] = [START, START];
        for (const gap of list) {
          now += gap;
          expect(now - seen, 'age at its next announce').to.be.below(settings.peerLifetimeSeconds + 1);
          if (needsRefresh(seen, now, hash, rules)) seen = now;
        }
      }),
      { numRuns: 2000 },
    );
  });

  for (const every of [2, 3, 4]) {
    it(`is written once in ${every} announces, and no more often right after all peers of a swarm began at once`, () => {
      const rules = refreshRules(sparse(every));
      const random = seededRandom(every);
      const peers = 4000;
      const intervals = 40;
      const written = new Array<number>(intervals).fill(0);
      for (let peer = 0; peer < peers; peer++) {
        const hash = hashPeerId(peerIdOf(peer));
        let seen = START + random() * 60;
        let now = seen;
        for (let interval = 0; interval < intervals; interval++) {
          now += 1800 + random() * 180;
          if (!needsRefresh(Math.floor(seen), now, hash, rules)) continue;
          seen = now;
          written[interval] = (written[interval] ?? 0) + 1;
        }
      }
      for (const count of written) expect(count / peers).to.be.within(0.85 / every, 1.3 / every);
    });
  }

  it('is due in different intervals for the peers of one shard', () => {
    const rules = refreshRules(sparse(2));
    const inOneShard = numbersIn(5, 6, 400);
    const due = inOneShard.filter((number) =>
      needsRefresh(START, START + 1890, hashPeerId(peerIdOf(number)), rules),
    );
    expect(due.length).to.be.within(140, 260);
  });
});
