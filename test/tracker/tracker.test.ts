import { expect } from 'chai';

import type { AnnounceRequest } from '../../lib/bittorrent/announce.js';
import { Refusal } from '../../lib/bittorrent/errors.js';
import type { ScrapeRequest } from '../../lib/bittorrent/scrape.js';
import { DeadlineError } from '../../lib/tracker/deadlines.js';
import type { Policy, Verdict } from '../../lib/tracker/policy.js';
import { Tracker } from '../../lib/tracker/tracker.js';
import { rejectionOf } from '../support/rejection.js';
import { RecordingMetrics } from './recorders.js';
import { INFOHASH, peerIdOf, TrackerHarness } from './tracker-harness.js';

const OTHER = Buffer.alloc(20, 7);

/** What a numbered client announces, by UDP: no query is read for it. */
function requestOf(number: number, changes: Partial<AnnounceRequest> = {}): AnnounceRequest {
  return {
    front: 'udp',
    from: Uint8Array.of(192, 0, 2, number),
    passkey: undefined,
    infohash: INFOHASH,
    peerId: peerIdOf(number),
    port: 6881,
    uploaded: undefined,
    downloaded: undefined,
    left: 1000,
    event: 'none',
    numwant: undefined,
    withIds: false,
    claimedAddress: undefined,
    ...changes,
  };
}

function scrapeOf(...infohashes: readonly Uint8Array[]): ScrapeRequest {
  return { front: 'udp', from: Uint8Array.of(192, 0, 2, 1), passkey: undefined, infohashes };
}

const refusal = new Refusal('list', 'not on the list', 'never');

/** Refuses one infohash. @param verdict how it says so */
function refusing(infohash: Uint8Array, verdict: () => Verdict): Policy {
  const judge = (asked: Uint8Array): Verdict =>
    Buffer.compare(asked, infohash) === 0 ? verdict() : undefined;
  return { announce: (request) => judge(request.infohash), scrape: judge };
}

describe('a tracker', () => {
  it('answers a request without any protocol: counts, and peers as bytes', async () => {
    const tracker = new Tracker(new TrackerHarness().components);
    await tracker.announce(requestOf(1));
    const reply = await tracker.announce(requestOf(2, { left: 0, withIds: true }));
    expect(reply).to.deep.equal({
      interval: 1800,
      minInterval: 900,
      complete: 1,
      incomplete: 1,
      peers: {
        v4: Buffer.from('c00002011ae1', 'hex'),
        v6: new Uint8Array(0),
        ids4: peerIdOf(1),
        ids6: new Uint8Array(0),
      },
      externalIp: Uint8Array.of(192, 0, 2, 2),
    });
  });

  it('gives as many peers as are wanted, up to the settings, and the default if that is not said', async () => {
    const tracker = new Tracker(new TrackerHarness({ NUMWANT_DEFAULT: '2', NUMWANT_MAX: '4' }).components);
    for (let number = 1; number <= 9; number++) await tracker.announce(requestOf(number));
    for (const [numwant, given] of [
      [undefined, 2],
      [0, 0],
      [3, 3],
      [5, 4],
      [Number.MAX_SAFE_INTEGER, 4],
    ] as const) {
      const { peers } = await tracker.announce(requestOf(10, { numwant }));
      expect(peers.v4.length / 6, String(numwant)).to.equal(given);
    }
  });

  it('answers a scrape in the order of the request, the first swarms up to its limit', async () => {
    const tracker = new Tracker(new TrackerHarness({ SCRAPE_MAX_HASHES: '2' }).components);
    await tracker.announce(requestOf(1));
    const { swarms } = await tracker.scrape(scrapeOf(INFOHASH, OTHER, Buffer.alloc(20)));
    expect(swarms.map(({ infohash, incomplete }) => [infohash, incomplete])).to.deep.equal([
      [INFOHASH, 1],
      [OTHER, 0],
    ]);
  });

  it('has a time for each answer, also for that of its policy', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const slowStore = new TrackerHarness({ ANNOUNCE_TIMEOUT: '20' });
    slowStore.store.fetch = never;
    const slowPolicy = new TrackerHarness(
      { ANNOUNCE_TIMEOUT: '20' },
      {},
      { policy: { announce: never, scrape: never } },
    );
    for (const { components } of [slowStore, slowPolicy]) {
      const tracker = new Tracker(components);
      const before = performance.now();
      expect(await rejectionOf(tracker.announce(requestOf(1)))).to.be.instanceOf(DeadlineError);
      expect(await rejectionOf(tracker.scrape(scrapeOf(INFOHASH)))).to.be.instanceOf(DeadlineError);
      expect(performance.now() - before).to.be.within(30, 3000);
    }
  });
});

describe('the policy of a tracker', () => {
  for (const [how, verdict] of [
    ['at once', (): Verdict => refusal],
    ['later', (): Verdict => Promise.resolve(refusal)],
  ] as const) {
    it(`refuses ${how}, before the store is touched`, async () => {
      const harness = new TrackerHarness({}, {}, { policy: refusing(INFOHASH, verdict) });
      const tracker = new Tracker(harness.components);
      expect(await rejectionOf(tracker.announce(requestOf(1)))).to.equal(refusal);
      const { swarms } = await tracker.scrape(scrapeOf(INFOHASH));
      expect(swarms).to.deep.equal([]);
      expect(harness.store.operations).to.include({ fetch: 0, put: 0, count: 0, increment: 0 });
    });

    it(`leaves what it refuses ${how} out of a scrape, and nothing else`, async () => {
      const harness = new TrackerHarness({}, {}, { policy: refusing(INFOHASH, verdict) });
      const { swarms } = await new Tracker(harness.components).scrape(scrapeOf(OTHER, INFOHASH));
      expect(swarms.map(({ infohash }) => infohash)).to.deep.equal([OTHER]);
      expect(harness.store.operations).to.include({ fetch: 1, count: 1 });
    });
  }

  it('is asked with the whole request, and serves what it does not refuse', async () => {
    const asked: unknown[] = [];
    const policy: Policy = {
      announce: (request) => {
        asked.push(request);
        return undefined;
      },
      scrape: (infohash, request) => {
        asked.push([infohash, request]);
        return Promise.resolve(undefined);
      },
    };
    const tracker = new Tracker(new TrackerHarness({}, {}, { policy }).components);
    const announce = requestOf(1, { passkey: 'secret' });
    const scrape = scrapeOf(OTHER);
    expect((await tracker.announce(announce)).incomplete).to.equal(1);
    expect((await tracker.scrape(scrape)).swarms).to.have.length(1);
    expect(asked).to.deep.equal([announce, [OTHER, scrape]]);
  });

  it('fails a request if it throws or rejects', async () => {
    const failure = new Error('the list cannot be read');
    for (const fail of [
      (): Verdict => {
        throw failure;
      },
      (): Verdict => Promise.reject(failure),
    ]) {
      const harness = new TrackerHarness({}, {}, { policy: refusing(INFOHASH, fail) });
      const tracker = new Tracker(harness.components);
      expect(await rejectionOf(tracker.announce(requestOf(1)))).to.equal(failure);
      expect(await rejectionOf(tracker.scrape(scrapeOf(INFOHASH)))).to.equal(failure);
      expect(harness.store.operations).to.include({ fetch: 0, put: 0 });
    }
  });
});

describe('the metrics of a tracker', () => {
  it('count announces with front, event, family, outcome and time, and downloads', async () => {
    const metrics = new RecordingMetrics();
    const harness = new TrackerHarness({}, {}, { metrics });
    const fetch = harness.store.fetch.bind(harness.store);
    harness.store.fetch = (key) => {
      metrics.milliseconds += 7;
      return fetch(key);
    };
    const tracker = new Tracker(harness.components);
    await tracker.announce(requestOf(1, { event: 'started' }));
    await tracker.announce(requestOf(1, { event: 'completed', left: 0 }));
    await tracker.announce(
      requestOf(1, { event: 'completed', left: 0, from: new Uint8Array(16).fill(0x20) }),
    );
    expect(metrics.lines.map((line) => line.replace(/(0|7|14) ms/, 'n ms'))).to.deep.equal([
      'announce udp started v4 answered n ms',
      'download',
      'announce udp completed v4 answered n ms',
      'announce udp completed v6 answered n ms',
    ]);
    expect(metrics.lines[0]).to.equal('announce udp started v4 answered 7 ms');
  });

  it('count no download that was not stored', async () => {
    const metrics = new RecordingMetrics();
    const harness = new TrackerHarness({}, {}, { metrics });
    harness.store.increment = () => Promise.reject(new Error('full'));
    const tracker = new Tracker(harness.components);
    await tracker.announce(requestOf(1));
    await tracker.announce(requestOf(1, { event: 'completed', left: 0 }));
    expect(metrics.lines).not.to.include('download');
  });

  it('count what was refused by its rule, for announces and for each infohash of a scrape', async () => {
    const metrics = new RecordingMetrics();
    const policy: Policy = { announce: () => refusal, scrape: () => refusal };
    const tracker = new Tracker(new TrackerHarness({}, {}, { metrics, policy }).components);
    await rejectionOf(tracker.announce(requestOf(1)));
    await tracker.scrape(scrapeOf(INFOHASH, OTHER));
    expect(metrics.lines).to.deep.equal([
      'refused udp list',
      'announce udp none v4 refused 0 ms',
      'refused udp list',
      'refused udp list',
      'scrape udp of 2 answered 0 ms',
    ]);
  });

  it('count failures apart: of a store out of reach, of a passed deadline, and of anything else', async () => {
    for (const [outcome, settings, fault] of [
      ['busy', {}, 'before'],
      ['busy', { ANNOUNCE_TIMEOUT: '10' }, 'never'],
      ['failed', {}, 'mistake'],
    ] as const) {
      const metrics = new RecordingMetrics();
      const harness = new TrackerHarness(settings, fault === 'before' ? { fault: () => 'before' } : {}, {
        metrics,
      });
      if (fault === 'never') harness.store.fetch = () => new Promise(() => undefined);
      if (fault === 'mistake') harness.store.fetch = () => Promise.reject(new TypeError('mistake'));
      const tracker = new Tracker(harness.components);
      await rejectionOf(tracker.announce(requestOf(1)));
      await rejectionOf(tracker.scrape(scrapeOf(INFOHASH)));
      expect(metrics.lines).to.deep.equal([
        `announce udp none v4 ${outcome} 0 ms`,
        `scrape udp of 1 ${outcome} 0 ms`,
      ]);
    }
  });

  it('count what HTTP clients sent that could not be read', async () => {
    const metrics = new RecordingMetrics();
    const { front } = new TrackerHarness({}, {}, { metrics });
    const from = Uint8Array.of(192, 0, 2, 1);
    await rejectionOf(front.announce('/announce', from));
    await rejectionOf(front.scrape('/scrape?info_hash=x', from));
    await front.announce(`/announce?info_hash=${'a'.repeat(20)}&peer_id=${'b'.repeat(20)}&port=1`, from);
    expect(metrics.lines).to.deep.equal([
      'refused http malformed',
      'refused http malformed',
      'announce http none v4 answered 0 ms',
    ]);
  });
});
