import { expect } from 'chai';

import { PurgeStalledError, runPurge, type PurgeResult } from '../../lib/openwhisk/purge-action.js';
import { PurgeStateError } from '../../lib/openwhisk/purge-state.js';
import type { PurgeState } from '../../lib/purge/purge.js';
import { TrackerSite, announceOf } from '../tracker/tracker-site.js';

const SECONDS_OF_A_LIFE = 2700;

describe('the purge action', () => {
  let site: TrackerSite;
  /** What runs have handed to the next. */
  let handed: PurgeState[];

  beforeEach(() => {
    site = new TrackerSite();
    handed = [];
  });

  /** @param timeMs how long the run has; the clock goes on by one millisecond whenever it is asked */
  const slice = (given: unknown, timeMs: number): Promise<PurgeResult> => {
    const clock = { now: () => site.milliseconds++ };
    return runPurge({ ...site.components, clock }, given, {
      deadline: site.milliseconds + timeMs,
      invokeNext: (state) => {
        handed.push(JSON.parse(JSON.stringify(state)) as PurgeState);
        return Promise.resolve('the next');
      },
    });
  };

  const announceSwarms = async (count: number, at: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const infohash = Buffer.alloc(20, at + i);
      await site.announce(announceOf(1, { info_hash: infohash }), '192.0.2.1');
    }
  };

  it('is done in one run if there is time, and says what it found', async () => {
    await announceSwarms(3, 0);
    site.pass(SECONDS_OF_A_LIFE + 1);
    await announceSwarms(2, 100);
    const result = await slice(undefined, 1e9);
    expect(result.done).to.equal(true);
    expect(result.summary).to.include({ swarms: 2, peers: 2, leechers: 2, shardsRemoved: 3, failures: 0 });
    expect(handed).to.deep.equal([]);
    expect(site.log.lines.find(({ event }) => event === 'purge-done')?.fields).to.include({ swarms: 2 });
  });

  it('goes on in other runs, to the same end', async () => {
    await announceSwarms(40, 0);
    let result = await slice(undefined, 200);
    let runs = 1;
    while (!result.done) {
      expect(result.next).to.equal('the next');
      result = await slice(handed.at(-1), 200);
      runs += 1;
    }
    expect(runs).to.be.above(2);
    expect(result.summary).to.include({ swarms: 40, peers: 40 });
    expect(handed).to.have.length(runs - 1);
  });

  it('does not go on for ever if its runs are too short to get anywhere', async () => {
    await announceSwarms(1, 0);
    const failure: unknown = await slice(undefined, -1).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(PurgeStalledError);
    expect(handed).to.deep.equal([]);
  });

  it('refuses a state that no purge has written', async () => {
    const good = { startedAt: 1, spentMilliseconds: 0, ranges: [], summary: {} };
    for (const state of [null, 7, 'a', [], {}, good, { ...good, ranges: [{ from: 1, to: 'a' }] }]) {
      const failure: unknown = await slice(state, 1000).catch((error: unknown) => error);
      expect(failure, JSON.stringify(state)).to.be.instanceOf(PurgeStateError);
    }
  });
});
