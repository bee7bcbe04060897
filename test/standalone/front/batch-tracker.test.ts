import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';

import { create } from '../../../actions/announce.js';
import { joinParts, splitParts } from '../../../lib/batch/format.js';
import { decodeRequest } from '../../../lib/batch/requests.js';
import { parseConfig } from '../../../lib/config.js';
import { BatchTracker } from '../../../lib/standalone/front/batch-tracker.js';
import { PlatformError } from '../../../lib/standalone/front/platform-client.js';
import { leecherAnnounce } from '../../support/leecher-announce.js';
import { RecordingLog } from '../../support/recording-log.js';
import { TrackerHarness } from '../../tracker/tracker-harness.js';

/** What each of them came to: an answer, or the words of a failure. */
async function outcomes(announces: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(announces);
  return settled.map((outcome) =>
    outcome.status === 'fulfilled' ? 'answered' : (outcome.reason as Error).message,
  );
}

const BUSY = 'the tracker is busy, try again later';

describe('announces that go to OpenWhisk in batches', () => {
  /** How many requests each run had. */
  let runs: number[];
  let log: RecordingLog;

  beforeEach(() => {
    runs = [];
    log = new RecordingLog();
  });

  /** @param before what happens to a run, by its number from 1, before the action has it */
  function front(
    settings: Readonly<Record<string, string>> = {},
    before: (run: number) => Promise<void> | void = () => undefined,
    after: (run: number) => void = () => undefined,
    harness = new TrackerHarness(),
  ): BatchTracker {
    const action = create(harness.components);
    return new BatchTracker({
      config: parseConfig(settings),
      log,
      run: async (batch) => {
        const number = runs.push(splitParts(batch).length);
        await before(number);
        const params = { __ow_headers: { 'x-tracker-batch': '1' }, __ow_body: batch.toString('base64') };
        const { body } = await action(params);
        after(number);
        return Buffer.from(body, 'base64');
      },
    });
  }

  it('share one run if they come at the same time', async () => {
    const tracker = front();
    const announces = Array.from({ length: 20 }, (_, i) => tracker.announce(leecherAnnounce(i + 1)));
    expect(await outcomes(announces)).to.deep.equal(Array.from({ length: 20 }, () => 'answered'));
    expect(runs).to.deep.equal([20]);
    expect(tracker.figures()).to.include({ runs: 1, batched: 20, failedRuns: 0 });
  });

  it('leave at once when a run is full, by number or by bytes', async () => {
    const patient = { FRONT_WAIT: '1000' };
    const start = performance.now();
    await Promise.all(
      Array.from({ length: 16 }, (_, i) => i).map(
        (
          (tracker) => (i: number) =>
            tracker.announce(leecherAnnounce(i + 1))
        )(front({ ...patient, FRONT_BATCH_REQUESTS: '8' })),
      ),
    );
    expect(runs).to.deep.equal([8, 8]);
    expect(performance.now() - start).to.be.below(900);
    runs = [];
    const small = front({ ...patient, FRONT_BATCH_BYTES: '4096' });
    await Promise.all(Array.from({ length: 200 }, (_, i) => small.announce(leecherAnnounce(i + 1))));
    expect(runs.length).to.be.above(3);
    expect(Math.max(...runs)).to.be.at.most(61);
  });

  it('gather while all connections are busy, and then go together', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const tracker = front({ FRONT_RUNS: '1' }, (run) => (run === 1 ? held : undefined));
    const first = tracker.announce(leecherAnnounce(1));
    await delay(30);
    const others = [2, 3, 4].map(async (number) => {
      await delay(10 * number);
      return tracker.announce(leecherAnnounce(number));
    });
    await delay(80);
    release();
    await Promise.all([first, ...others]);
    expect(runs).to.deep.equal([1, 3]);
  });

  it('fail with their run alone, in words that say when to come again', async () => {
    const tracker = front({ FRONT_BATCH_REQUESTS: '2' }, (run) => {
      if (run === 1) throw new PlatformError('OpenWhisk answered with status 429');
    });
    const announces = [1, 2, 3, 4].map((number) => tracker.announce(leecherAnnounce(number)));
    expect(await outcomes(announces)).to.deep.equal([BUSY, BUSY, 'answered', 'answered']);
    expect(log.lines.map(({ event }) => event)).to.deep.equal(['run failed']);
    expect(runs).to.deep.equal([2, 2]);
  });

  it('are not sent again when it is not known whether they were stored', async () => {
    const tracker = front({}, undefined, () => {
      throw new PlatformError('no answer within 15000 ms');
    });
    expect(await outcomes([tracker.announce(leecherAnnounce(1))])).to.deep.equal([BUSY]);
    expect(runs).to.deep.equal([1]);
  });

  it('are sent once more if a kept connection was lost, but no `completed`: it could count twice', async () => {
    const harness = new TrackerHarness();
    const tracker = front(
      {},
      (run) => {
        if (run === 1) throw new PlatformError('lost', true);
      },
      undefined,
      harness,
    );
    const announces = [
      tracker.announce(leecherAnnounce(1)),
      tracker.announce(leecherAnnounce(2, { event: 'completed', left: 0 })),
      tracker.announce(leecherAnnounce(3)),
    ];
    expect(await outcomes(announces)).to.deep.equal(['answered', BUSY, 'answered']);
    expect(runs).to.deep.equal([3, 2]);
    // The client says it again, and then it counts, once.
    await tracker.announce(leecherAnnounce(2, { event: 'started' }));
    await tracker.announce(leecherAnnounce(2, { event: 'completed', left: 0 }));
    await tracker.announce(leecherAnnounce(2, { event: 'completed', left: 0 }));
    expect(await harness.swarm(Buffer.alloc(20, 1))).to.include({
      downloaded: 1,
      complete: 1,
      incomplete: 2,
    });
  });

  it('are sent no more than twice', async () => {
    const tracker = front({}, () => {
      throw new PlatformError('lost', true);
    });
    expect(await outcomes([tracker.announce(leecherAnnounce(1))])).to.deep.equal([BUSY]);
    expect(runs).to.deep.equal([1, 1]);
  });

  it('are told at once to come again if too many wait', async () => {
    const tracker = front({ FRONT_RUNS: '1', FRONT_QUEUE: '3' }, () => new Promise(() => undefined));
    void tracker.announce(leecherAnnounce(1));
    await delay(30);
    for (const number of [2, 3, 4]) void tracker.announce(leecherAnnounce(number));
    expect(await outcomes([tracker.announce(leecherAnnounce(5))])).to.deep.equal([BUSY]);
    expect(tracker.figures().tooMany).to.equal(1);
  });

  it('fail if the action knows no batches, and the log says why', async () => {
    const tracker = new BatchTracker({
      config: parseConfig({}),
      log,
      run: () => Promise.resolve(Buffer.from('d14:failure reason7:gatewaye')),
    });
    expect(await outcomes([tracker.announce(leecherAnnounce(1))])).to.deep.equal([BUSY]);
    expect(String(log.lines[0]?.fields['cause'])).to.include('knows no batches');
  });

  it('fail if the answer has another number of replies', async () => {
    const tracker = new BatchTracker({
      config: parseConfig({}),
      log,
      run: () => Promise.resolve(joinParts([])),
    });
    expect(await outcomes([tracker.announce(leecherAnnounce(1))])).to.deep.equal([BUSY]);
  });

  it('tell requests and front as they came', async () => {
    let request: unknown;
    const tracker = new BatchTracker({
      config: parseConfig({}),
      log,
      run: (batch) => {
        request = splitParts(batch).map((part) => decodeRequest(part))[0];
        return Promise.resolve(joinParts([]));
      },
    });
    const asked = leecherAnnounce(1, { passkey: 'a-key' });
    await outcomes([tracker.announce(asked)]);
    expect(request).to.deep.equal({ kind: 'announce', request: asked });
  });
});
