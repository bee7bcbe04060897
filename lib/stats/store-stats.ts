import type { Config } from '../config.js';
import type { PurgeReport } from '../purge/report.js';
import type { Store } from '../store/store.js';
import { LatestReport } from './latest-report.js';
import { MeasuredStore } from './measured-store.js';
import type { MetricFamily } from './metric-family.js';
import { SwarmCounters } from './swarm-counters.js';

/** Whether anybody can read /metrics. */
export function hasMetrics({ metricsPort, metricsToken }: MetricsSettings): boolean {
  return metricsPort !== 0 || metricsToken !== '';
}

export type MetricsSettings = Pick<Config, 'metricsPort' | 'metricsToken'>;

/** What a process that has a store counts of its use, if anybody can read that. */
export class StoreStats {
  /** The store to use in the place of the one that was given. */
  readonly store: Store;
  /** What the swarms are to be given; undefined if nobody reads it. */
  readonly swarmCounters: SwarmCounters | undefined;
  private readonly measuredStore: MeasuredStore | undefined;
  private readonly latestReport: LatestReport;

  constructor(settings: MetricsSettings, store: Store) {
    if (hasMetrics(settings)) {
      this.measuredStore = new MeasuredStore(store);
      this.swarmCounters = new SwarmCounters();
    }
    this.store = this.measuredStore ?? store;
    this.latestReport = new LatestReport(this.store);
  }

  /** What the last purge has reported; undefined before the first one. Never rejects. */
  report(): Promise<PurgeReport | undefined> {
    return this.latestReport.get();
  }

  families(): MetricFamily[] {
    return [...(this.measuredStore?.families() ?? []), ...(this.swarmCounters?.families() ?? [])];
  }
}
