import { expect } from 'chai';

import { config, strictLog } from '../../bench/support/tracker.js';
import { InstantStore } from '../../bench/support/instant-store.js';
import { requireRightPurge } from '../../bench/support/right-purge.js';
import { evenShards, putAll } from '../../bench/support/stored-swarm.js';
import type { PurgeReport } from '../../lib/purge/report.js';
import { runPurge } from '../../lib/purge/run-purge.js';

const nowMs = 1_800_000_000_000;
const SWARMS = 3;
const SIZE = 200;
const stored = { peers: SWARMS * SIZE, swarms: SWARMS };

/** The report of a purge of so many swarms. */
async function reportOf(swarms: number, expired: boolean): Promise<PurgeReport | undefined> {
  const store = new InstantStore();
  await putAll(store, evenShards(0, swarms, SIZE, nowMs, config.shardPeers));
  const later = expired ? config.peerLifetimeSeconds * 1000 : 0;
  return runPurge(
    { ...config, store, log: strictLog, clock: { now: () => nowMs + later } },
    { parallelism: 1 },
  );
}

describe('A purge that is measured', () => {
  for (const expired of [false, true]) {
    const what = expired ? 'all has expired' : 'nothing has expired';

    it(`is right when it saw everything and ${what}`, async () => {
      requireRightPurge(await reportOf(SWARMS, expired), stored, expired);
    });

    it(`is wrong when ${what} and it missed swarms, or ended early`, async () => {
      for (const report of [await reportOf(0, expired), await reportOf(SWARMS - 1, expired), undefined]) {
        expect(() => {
          requireRightPurge(report, stored, expired);
        }).to.throw('a wrong purge');
      }
    });

    it(`is wrong when ${what} and it dropped the others`, async () => {
      const report = await reportOf(SWARMS, !expired);
      expect(() => {
        requireRightPurge(report, stored, expired);
      }).to.throw('a wrong purge');
    });
  }

  it('is wrong with a failure', async () => {
    const report = await reportOf(SWARMS, false);
    expect(() => {
      requireRightPurge(report && { ...report, failures: 1 }, stored, false);
    }).to.throw('a wrong purge');
  });
});
