import type { Clock } from '../environment.js';
import type { Config } from '../config.js';
import type { Store } from '../store/store.js';
import { VERSION } from '../version.js';
import { LatestReport } from './latest-report.js';
import { MeasuredStore } from './measured-store.js';
import { single, type MetricFamily } from './metric-family.js';
import { ProcessMetrics } from './process-metrics.js';
import { reportFamilies } from './report-metrics.js';
import { ServedHistory } from './served-history.js';
import type { Stats, Totals } from './stats.js';
import { SwarmCounters } from './swarm-counters.js';
import { largestOf, totalsOf } from './totals.js';
import { TrackerCounters } from './tracker-counters.js';

export type StatsSettings = Pick<Config, 'statsSwarms' | 'metricsPort' | 'metricsToken'>;

/**
 * Everything that a tracker process counts, and what it shows of that. Only the requests are
 * counted always, as the page shows them; all else only if the metrics can be read.
 */
export class ProcessStats {
  /** What the tracker is to be given. */
  readonly counters = new TrackerCounters();
  /** What the swarms are to be given; undefined if nobody reads it. */
  readonly swarmCounters: SwarmCounters | undefined;
  /** The store to use in the place of the one that was given. */
  readonly store: Store;
  private readonly measuredStore: MeasuredStore | undefined;
  private readonly processMetrics: ProcessMetrics | undefined;
  private readonly history = new ServedHistory(this.counters);
  private readonly report: LatestReport;

  constructor(
    private readonly settings: StatsSettings,
    store: Store,
    private readonly clock: Clock,
  ) {
    if (settings.metricsPort !== 0 || settings.metricsToken !== '') {
      this.measuredStore = new MeasuredStore(store);
      this.swarmCounters = new SwarmCounters();
      this.processMetrics = new ProcessMetrics();
    }
    this.store = this.measuredStore ?? store;
    this.report = new LatestReport(this.store);
  }

  /** Begins to note what is served. */
  start(): void {
    this.history.start();
    this.processMetrics?.start();
  }

  stop(): void {
    this.history.stop();
    this.processMetrics?.stop();
  }

  /** @param isStoreReachable whether announces can be answered; never rejects */
  async stats(announceUrls: readonly string[], isStoreReachable: Promise<boolean>): Promise<Stats> {
    const [report, isReachable] = await Promise.all([this.report.get(), isStoreReachable]);
    const now = this.clock.now();
    return {
      version: VERSION,
      at: new Date(now).toISOString(),
      announceUrls,
      isStoreReachable: isReachable,
      totals: report === undefined ? null : totalsOf(report, now),
      served: this.history.served(now),
      largestSwarms: largestOf(report, this.settings.statsSwarms),
    };
  }

  /** What is stored, by the last purge; undefined if none is known. Never rejects. */
  async totals(): Promise<Totals | undefined> {
    const report = await this.report.get();
    return report === undefined ? undefined : totalsOf(report, this.clock.now());
  }

  /** Everything for /metrics. @param isStoreReachable as for `stats` */
  async families(isStoreReachable: Promise<boolean>): Promise<MetricFamily[]> {
    const [report, isReachable] = await Promise.all([this.report.get(), isStoreReachable]);
    return [
      {
        type: 'gauge',
        name: 'bittorrent_tracker_build_info',
        help: 'Always 1; the labels say what runs.',
        samples: [{ labels: { version: VERSION, node: process.version }, value: 1 }],
      },
      single(
        'gauge',
        'bittorrent_tracker_store_reachable',
        'Whether announces can be answered: 1 or 0.',
        isReachable ? 1 : 0,
      ),
      ...this.counters.families(),
      ...(this.measuredStore?.families() ?? []),
      ...(this.swarmCounters?.families() ?? []),
      ...reportFamilies(report),
      ...(this.processMetrics?.families() ?? []),
    ];
  }
}
