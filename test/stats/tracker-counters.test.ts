import { expect } from 'chai';

import { exposition, PROMETHEUS_TEXT } from '../../lib/stats/exposition.js';
import type { MetricFamily } from '../../lib/stats/metric-family.js';
import { SwarmCounters } from '../../lib/stats/swarm-counters.js';
import { TrackerCounters } from '../../lib/stats/tracker-counters.js';
import { Refusal } from '../../lib/bittorrent/errors.js';
import type { Policy } from '../../lib/tracker/policy.js';
import { rejectionOf } from '../support/rejection.js';
import { INFOHASH, TrackerHarness } from '../tracker/tracker-harness.js';

/** Lines of the exposition that are not zero. */
function counted(families: MetricFamily[], pattern: RegExp): string[] {
  const text = [...exposition(families, PROMETHEUS_TEXT)].join('');
  const lines = text.split('\n').filter((line) => pattern.test(line) && !line.startsWith('#'));
  return lines.filter((line) => !line.endsWith(' 0'));
}

const refusal = new Refusal('not listed', 'no');
const refusesV6: Policy = {
  announce: ({ from }) => (from.length === 16 ? refusal : undefined),
  scrape: ({ 0: first }) => (first === 0 ? refusal : undefined),
};

describe('the counters of a tracker', () => {
  it('count announces by front, family, event and outcome, and refusals by rule', async () => {
    const metrics = new TrackerCounters();
    const harness = new TrackerHarness({}, {}, { metrics, policy: refusesV6 });
    await harness.client(1, { event: 'started' });
    await harness.client(1, { event: 'completed', left: 0 });
    await harness.client(2);
    await rejectionOf(harness.client(3, {}, '2001:db8::3'));
    await rejectionOf(harness.announce('nonsense', '192.0.2.1'));
    expect(counted(metrics.families(), /announces_total|refusals_total|downloads_total/)).to.deep.equal([
      'bittorrent_tracker_announces_total{front="http",family="ipv4",event="none",outcome="answered"} 1',
      'bittorrent_tracker_announces_total{front="http",family="ipv4",event="started",outcome="answered"} 1',
      'bittorrent_tracker_announces_total{front="http",family="ipv4",event="completed",outcome="answered"} 1',
      'bittorrent_tracker_announces_total{front="http",family="ipv6",event="none",outcome="refused"} 1',
      'bittorrent_tracker_refusals_total{front="http",rule="malformed"} 1',
      'bittorrent_tracker_refusals_total{front="http",rule="not listed"} 1',
      'bittorrent_tracker_downloads_total 1',
    ]);
    expect(metrics.announcesTotal).to.equal(4);
  });

  it('count what the store being out of reach made fail as busy', async () => {
    const metrics = new TrackerCounters();
    const harness = new TrackerHarness({}, { fault: () => 'before' }, { metrics });
    await rejectionOf(harness.client(1));
    await rejectionOf(harness.scrape(INFOHASH));
    expect(counted(metrics.families(), /_total/)).to.deep.equal([
      'bittorrent_tracker_announces_total{front="http",family="ipv4",event="none",outcome="busy"} 1',
      'bittorrent_tracker_scrapes_total{front="http",family="ipv4",outcome="busy"} 1',
    ]);
  });

  it('time requests in seconds', async () => {
    const clock = { milliseconds: 0 };
    const metrics = new TrackerCounters(() => clock.milliseconds);
    const options = {
      schedule: () => {
        clock.milliseconds += 40;
        return Promise.resolve();
      },
    };
    const harness = new TrackerHarness({}, options, { metrics });
    await harness.client(1);
    const took = clock.milliseconds / 1000;
    const lines = counted(metrics.families(), /announce_duration_seconds_(sum|count)/);
    expect(lines).to.deep.equal([
      `bittorrent_tracker_announce_duration_seconds_sum{front="http"} ${took}`,
      'bittorrent_tracker_announce_duration_seconds_count{front="http"} 1',
    ]);
  });

  it('keep a bounded number of rules', () => {
    const metrics = new TrackerCounters();
    for (let rule = 0; rule < 1000; rule++) metrics.refused('udp', `rule ${rule}`);
    const lines = counted(metrics.families(), /refusals_total/);
    expect(lines).to.have.length(257);
    expect(lines.at(-1)).to.equal('bittorrent_tracker_refusals_total{front="udp",rule="other"} 744');
  });
});

describe('the counters of swarms', () => {
  it('tell batches on cached shards from those that need a read, and how large they are', async () => {
    const swarmMetrics = new SwarmCounters();
    const harness = new TrackerHarness({}, {}, { swarmMetrics });
    await harness.client(1);
    await harness.client(2);
    await Promise.all([3, 4, 5].map((number) => harness.client(number)));
    const lines = counted(swarmMetrics.families(), /base=|_sum|_count/);
    const of = (base: string): number =>
      Number(lines.find((line) => line.includes(`base="${base}"`))?.split(' ')[1] ?? 0);
    expect(of('read') + of('unread')).to.equal(1);
    expect(of('cached')).to.be.within(2, 3);
    expect(lines).to.include('bittorrent_tracker_shard_batch_operations_sum 5');
  });
});
