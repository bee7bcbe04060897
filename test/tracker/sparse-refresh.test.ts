import { expect } from 'chai';

import { addressOf, TrackerHarness } from './tracker-harness.js';

const endpoint = (number: number): string => `${addressOf(number)}:6881`;

describe('a client that announces when it was asked to, with REFRESH_EVERY=2', () => {
  it('is written at every second announce, and never gone in between, though it is late by half of what there is to spare', async () => {
    const harness = new TrackerHarness({ REFRESH_EVERY: '2', PEER_LIFETIME: '4320', WARM_SECONDS: '300' });
    await harness.client(1, { event: 'started' });
    let written = 0;
    const announces = 40;
    for (let announce = 0; announce < announces; announce++) {
      // Two intervals of 1,800 s and 720 s more are a life.
      harness.pass(1800 + (announce % 2) * 359);
      expect(await harness.swarm(), `before announce ${announce}`).to.include({ incomplete: 1 });
      const { put } = harness.store.operations;
      await harness.client(1);
      written += harness.store.operations.put - put;
    }
    expect(written).to.be.within(announces / 2 - 2, announces / 2 + 6);
  });

  it('is written at once when it says something new', async () => {
    const harness = new TrackerHarness({ REFRESH_EVERY: '2', PEER_LIFETIME: '4320' });
    await harness.client(1);
    for (const changes of [{ left: 0 }, { left: 5 }, { event: 'stopped' }]) {
      harness.pass(10);
      const { put } = harness.store.operations;
      await harness.client(1, changes);
      expect(harness.store.operations.put - put, JSON.stringify(changes)).to.equal(1);
    }
    expect(await harness.swarm()).to.include({ incomplete: 0, complete: 0 });
  });
});

describe('a client that announces early and then when it was asked to', () => {
  /** After so many seconds, though it was asked to wait for 1,800 at least. */
  const earlyCases = [1, 300, 629, 719, 720, 721, 899, 900, 901, 1500, 1799];

  it('is never gone in between, however long the jittered interval is, though it is late by half of what there is to spare', async () => {
    for (const settings of [
      {},
      { INTERVAL_JITTER: '10' },
      { INTERVAL_JITTER: '49' },
      { MIN_INTERVAL: '1800' },
      { PEER_LIFETIME: '5400', INTERVAL_JITTER: '100' },
    ] as Record<string, string>[]) {
      const longest = 1800 * (1 + Number(settings['INTERVAL_JITTER'] ?? 0) / 100);
      const toSpare = Number(settings['PEER_LIFETIME'] ?? 2700) - longest;
      for (const early of earlyCases) {
        const harness = new TrackerHarness(settings);
        await harness.client(1, { event: 'started' });
        harness.pass(early);
        await harness.client(1);
        // The reply to the early announce asks for up to the longest interval again, and the client
        // is late.
        harness.pass(longest + Math.floor(toSpare / 2) - 1);
        const described = `${JSON.stringify(settings)}, early after ${early} s`;
        expect(await harness.swarm(), described).to.include({ incomplete: 1 });
        expect((await harness.client(2)).compactPeers(), described).to.deep.equal([endpoint(1)]);
      }
    }
  });

  it('is not written again while its life reaches to the next announce anyway, nor for longer than the min interval', async () => {
    for (const [settings, unwritten] of [
      [{ WARM_SECONDS: '300' }, 450],
      [{ INTERVAL_JITTER: '25' }, 225],
      [{ INTERVAL_JITTER: '10', PEER_LIFETIME: '86400' }, 900],
      [{ INTERVAL_JITTER: '49' }, 9],
      [{ MIN_INTERVAL: '60' }, 60],
    ] as [Record<string, string>, number][]) {
      const harness = new TrackerHarness(settings);
      await harness.client(1);
      const putsAfter = async (seconds: number): Promise<number> => {
        harness.pass(seconds);
        const before = harness.store.operations.put;
        await harness.client(1);
        return harness.store.operations.put - before;
      };
      expect(await putsAfter(unwritten - 1), JSON.stringify(settings)).to.equal(0);
      expect(await putsAfter(1), JSON.stringify(settings)).to.equal(1);
    }
  });
});
