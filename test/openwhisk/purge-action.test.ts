import { expect } from 'chai';

import { runSlice, type PurgeResult } from '../../lib/openwhisk/purge-action.js';
import { PurgeStateError } from '../../lib/openwhisk/purge-state.js';
import type { PurgeState } from '../../lib/purge/purge.js';
import { fetchReport, type PurgeReport } from '../../lib/purge/report.js';
import { StoreError } from '../../lib/store/errors.js';
import { TrackerHarness, announceOf } from '../tracker/tracker-harness.js';

const SECONDS_OF_A_LIFE = 2700;

describe('the purge action', () => {
  let harness: TrackerHarness;
  /** What runs have handed to the next. */
  let handed: PurgeState[];

  beforeEach(() => {
    harness = new TrackerHarness();
    handed = [];
  });

  const handOver = (state: PurgeState): Promise<string> => {
    handed.push(JSON.parse(JSON.stringify(state)) as PurgeState);
    return Promise.resolve('the next');
  };

  /**
   * @param timeMs how long the run has; the clock goes on by one millisecond whenever it is asked
   */
  const slice = (given: unknown, timeMs: number, invokeNext = handOver): Promise<PurgeResult> => {
    const clock = { now: () => harness.milliseconds++ };
    const deadline = harness.milliseconds + timeMs;
    return runSlice({ ...harness.components, clock }, given, { deadline, invokeNext });
  };

  const announceSwarms = async (count: number, at: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const infohash = Buffer.alloc(20, at + i);
      await harness.announce(announceOf(1, { info_hash: infohash }), '192.0.2.1');
    }
  };

  /** What a purge that has come to its end reports. */
  const reportOf = (result: PurgeResult): PurgeReport =>
    result.done ? result.report : expect.fail('the purge is not done');

  it('is done in one run if there is time, and keeps a report of what it found', async () => {
    await announceSwarms(3, 0);
    harness.pass(SECONDS_OF_A_LIFE + 1);
    await announceSwarms(2, 100);
    const report = reportOf(await slice(undefined, 1e9));
    expect(report).to.include({ swarms: 2, peers: 2, leechers: 2, shardsRemoved: 3, failures: 0 });
    expect(handed).to.deep.equal([]);
    expect(await fetchReport(harness.store)).to.deep.equal(report);
    expect(harness.log.lines.find(({ event }) => event === 'purged')?.fields).to.deep.equal(report);
  });

  it('goes on in other runs, to the same end, however little time each has', async () => {
    await announceSwarms(40, 0);
    for (const timeMs of [200, 0, -1e6]) {
      handed = [];
      let result = await slice(undefined, timeMs);
      while (!result.done) {
        expect(result.next).to.equal('the next');
        expect(handed.length).to.be.below(1000);
        result = await slice(handed.at(-1), timeMs);
      }
      expect(reportOf(result)).to.include({ swarms: 40, peers: 40 });
      expect(handed.length).to.be.above(1);
    }
  });

  it('fails if the next run cannot be invoked, or there is no listing', async () => {
    await announceSwarms(40, 0);
    const refused = new Error('429');
    const next = slice(undefined, 0, () => Promise.reject(refused));
    expect(await next.catch((error: unknown) => error)).to.equal(refused);
    await harness.store.close();
    const failure: unknown = await slice(undefined, 1000).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StoreError);
  });

  it('refuses a state that no purge has written', async () => {
    const good = { startedAt: 1, spentMilliseconds: 0, ranges: [], summary: {} };
    for (const state of [null, 7, 'a', [], {}, good, { ...good, ranges: [{ from: 1, to: 'a' }] }]) {
      const failure: unknown = await slice(state, 1000).catch((error: unknown) => error);
      expect(failure, JSON.stringify(state)).to.be.instanceOf(PurgeStateError);
    }
  });
});
