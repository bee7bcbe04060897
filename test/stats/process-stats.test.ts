import { expect } from 'chai';

import { runPurge } from '../../lib/purge/run-purge.js';
import { exposition, PROMETHEUS_TEXT } from '../../lib/stats/exposition.js';
import { ProcessStats } from '../../lib/stats/process-stats.js';
import { StoreStats } from '../../lib/stats/store-stats.js';
import type { Store } from '../../lib/store/store.js';
import { HttpFront } from '../../lib/http/front.js';
import { parseAddress } from '../../lib/bittorrent/address.js';
import { defined } from '../support/defined.js';
import { MemoryStore, type Fault } from '../support/memory-store.js';
import { announceOf, INFOHASH, TrackerHarness } from '../tracker/tracker-harness.js';

interface Options {
  readonly statsSwarms?: boolean;
  readonly metricsPort?: number;
  readonly store?: MemoryStore;
}

function setUp({ statsSwarms = false, metricsPort = 0, store }: Options = {}): {
  stats: ProcessStats;
  store: Store;
  /** Lets time pass for everything but what was served. */
  pass: (seconds: number) => void;
  announce: (number: number, changes?: Parameters<typeof announceOf>[1]) => Promise<Buffer>;
  purge: () => Promise<unknown>;
} {
  const harness = new TrackerHarness();
  const { components } = harness;
  const given = store ?? new MemoryStore({ concurrency: 'siblings' });
  const settings = { statsSwarms, metricsPort, metricsToken: '' };
  const stored = new StoreStats(settings, given);
  const stats = new ProcessStats(settings, components.clock, stored);
  const own = { ...components, store: stored.store };
  const front = new HttpFront({ ...own, metrics: stats.counters, swarmMetrics: stored.swarmCounters });
  return {
    stats,
    store: stored.store,
    pass: (seconds) => {
      harness.pass(seconds);
    },
    announce: (number, changes) =>
      front.announce(`/announce?${announceOf(number, changes)}`, defined(parseAddress(`192.0.2.${number}`))),
    purge: () => runPurge({ ...own, ...own.config }, { parallelism: 1 }),
  };
}

const reachable = Promise.resolve(true);

describe('the stats of a process', () => {
  it('have what was served at once, and what is stored from the last purge on', async () => {
    const { stats, announce, purge } = setUp();
    await announce(1);
    await announce(2, { left: 0 });
    await announce(2, { left: 0, event: 'completed' });
    const before = await stats.figures(reachable);
    expect(before.totals).to.equal(null);
    expect(before.served?.lastMinute).to.deep.equal({ announces: 3, scrapes: 0 });
    expect(before.served?.day.announces.at(-1)).to.equal(3);
    await purge();
    const { totals, largestSwarms, isStoreReachable } = await statsAfter(stats);
    expect(totals).to.include({ torrents: 1, peers: 2, seeders: 1, leechers: 1, ageSeconds: 0 });
    expect([largestSwarms, isStoreReachable]).to.deep.equal([null, true]);
  });

  it('add what was completed since the last purge to what that has counted', async () => {
    const { stats, announce, purge, pass } = setUp();
    await announce(1);
    await announce(1, { left: 0, event: 'completed' });
    const before = await stats.figures(reachable);
    expect([before.totals, before.served?.completed]).to.deep.equal([null, 1]);
    await purge();
    expect((await statsAfter(stats)).totals).to.include({ completed: 1 });
    await announce(2);
    await announce(2, { left: 0, event: 'completed' });
    expect((await stats.figures(reachable)).totals).to.include({ completed: 2 });
    pass(1);
    await purge();
    expect((await statsAfter(stats)).totals).to.include({ completed: 2 });
  });

  it('know of the downloads before the start, from the purge of a process before', async () => {
    const store = new MemoryStore({ concurrency: 'siblings' });
    const first = setUp({ store });
    await first.announce(1);
    await first.announce(1, { left: 0, event: 'completed' });
    await first.purge();
    const { stats, announce } = setUp({ store });
    expect((await stats.figures(reachable)).totals).to.include({ completed: 1 });
    await announce(3);
    await announce(3, { left: 0, event: 'completed' });
    const { totals, served } = await stats.figures(reachable);
    expect([totals?.completed, served?.completed]).to.deep.equal([2, 1]);
  });

  it('name the largest swarms only if the operator shows them', async () => {
    const { stats, announce, purge } = setUp({ statsSwarms: true });
    await announce(1);
    await purge();
    const { largestSwarms } = await stats.figures(reachable);
    expect(largestSwarms).to.deep.equal([{ infohash: INFOHASH.toString('hex'), peers: 1 }]);
  });

  it('keep the last totals while the store is out of reach, and ask it once a second at most', async () => {
    let fault: Fault = 'none';
    const store = new MemoryStore({ concurrency: 'siblings', fault: () => fault });
    const { stats, announce, purge } = setUp({ store });
    await announce(1);
    await purge();
    expect((await stats.figures(reachable)).totals).to.include({ peers: 1 });
    fault = 'before';
    const { operations } = store;
    const fetched = operations.fetch;
    for (let time = 0; time < 100; time++) await stats.figures(Promise.resolve(false));
    expect(operations.fetch - fetched).to.be.at.most(2);
    const { totals, isStoreReachable } = await stats.figures(Promise.resolve(false));
    expect(totals).to.include({ peers: 1 });
    expect(isStoreReachable).to.equal(false);
  });

  it('measure the store and the swarms only if somebody can read that', async () => {
    const store = new MemoryStore({ concurrency: 'siblings' });
    expect(setUp({ store }).store).to.equal(store);
    const { stats, announce, purge, store: measured } = setUp({ store, metricsPort: 1 });
    expect(measured).to.not.equal(store);
    await announce(1);
    await purge();
    const text = [...exposition(await stats.families(reachable), PROMETHEUS_TEXT)].join('');
    for (const line of [
      'bittorrent_tracker_announces_total{front="http",family="ipv4",event="none",outcome="answered"} 1',
      'bittorrent_tracker_swarms 1',
      'bittorrent_tracker_peers{state="leecher"} 1',
      'bittorrent_tracker_store_reachable 1',
      'bittorrent_tracker_shard_batch_operations_count 1',
    ]) {
      expect(text.split('\n')).to.include(line);
    }
    expect(text).to.match(
      /\nbittorrent_tracker_store_calls_total\{operation="put",outcome="answered"\} [1-9]/,
    );
    expect(text).to.match(/\nprocess_resident_memory_bytes [1-9]/);
  });
});

/** The report is asked for again a second after it was. */
async function statsAfter(stats: ProcessStats): ReturnType<ProcessStats['figures']> {
  await new Promise((resolve) => setTimeout(resolve, 1050));
  return stats.figures(reachable);
}
