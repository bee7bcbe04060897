import type { Clock } from '../environment.js';
import type { Config } from '../config.js';
import type { PolicyFigures } from '../policy/policies.js';
import type { PurgeReport } from '../purge/report.js';
import { VERSION } from '../version.js';
import { batchFamilies, udpFamilies, type BatchFigures, type UdpFigures } from './front-figures.js';
import { single, type MetricFamily } from './metric-family.js';
import { policyFamilies, rateFamilies } from './policy-families.js';
import { ProcessMetrics } from './process-metrics.js';
import { reportFamilies } from './report-metrics.js';
import { ServedHistory } from './served-history.js';
import type { Figures, Totals } from './stats.js';
import { hasMetrics, type MetricsSettings, type StoreStats } from './store-stats.js';
import { largestOf, totalsOf } from './totals.js';
import { TrackerCounters } from './tracker-counters.js';

export type StatsSettings = MetricsSettings & Pick<Config, 'statsSwarms'>;

/** What else is looked at when somebody asks; undefined where the process has no such part. */
export interface FrontFigures {
  readonly udp?: () => UdpFigures | undefined;
  readonly batches?: () => BatchFigures;
  readonly policy?: () => PolicyFigures | undefined;
  /** Requests of addresses that were faster than ADDRESS_RATE, by HTTP and UDP. */
  readonly refusedRates?: () => number;
}

/**
 * Everything that a process counts, and what it shows of that. Only the requests are counted
 * always, as the page shows them; all else only if the metrics can be read.
 */
export class ProcessStats {
  /** What the tracker is to be given. */
  readonly counters = new TrackerCounters();
  private readonly processMetrics: ProcessMetrics | undefined;
  private readonly history = new ServedHistory(this.counters);
  /** When the last report was finished, and what had been counted by then. */
  private reported = { finishedAt: '', downloads: 0 };

  /** @param stored undefined for a process without a store */
  constructor(
    private readonly settings: StatsSettings,
    private readonly clock: Clock,
    private readonly stored: StoreStats | undefined,
    private readonly fronts: FrontFigures = {},
  ) {
    if (hasMetrics(settings)) this.processMetrics = new ProcessMetrics();
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
  async figures(isStoreReachable: Promise<boolean>): Promise<Figures> {
    const [report, isReachable] = await Promise.all([this.stored?.report(), isStoreReachable]);
    const now = this.clock.now();
    const udp = this.fronts.udp?.();
    return {
      version: VERSION,
      at: new Date(now).toISOString(),
      isStoreReachable: isReachable,
      ...(this.stored && { totals: this.totalsIn(report) ?? null }),
      served: this.history.served(now),
      udp: udp === undefined ? null : { ...udp, overflowed: udp.overflowed ?? null },
      runs: this.fronts.batches?.() ?? null,
      largestSwarms: largestOf(report, this.settings.statsSwarms),
    };
  }

  /** What is stored, by the last purge; undefined if none is known. Never rejects. */
  async totals(): Promise<Totals | undefined> {
    return this.totalsIn(await this.stored?.report());
  }

  private totalsIn(report: PurgeReport | undefined): Totals | undefined {
    if (report === undefined) return undefined;
    const now = this.clock.now();
    return totalsOf(report, now, this.downloadsSince(report, now));
  }

  /**
   * Downloads that were counted after a report was finished. How many were counted before is looked
   * up once for each report, so that the sum only grows until the next one.
   */
  private downloadsSince({ finishedAt }: PurgeReport, now: number): number {
    if (finishedAt !== this.reported.finishedAt) {
      const downloads = this.history.downloadsUntil(now - Date.parse(finishedAt));
      this.reported = { finishedAt, downloads };
    }
    return this.counters.downloadsTotal - this.reported.downloads;
  }

  /** Everything for /metrics. @param isStoreReachable as for `figures` */
  async families(isStoreReachable: Promise<boolean>): Promise<MetricFamily[]> {
    const [report, isReachable] = await Promise.all([this.stored?.report(), isStoreReachable]);
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
      ...udpFamilies(this.fronts.udp?.()),
      ...batchFamilies(this.fronts.batches?.()),
      ...policyFamilies(this.fronts.policy?.()),
      ...rateFamilies(this.fronts.refusedRates?.()),
      ...(this.stored?.families() ?? []),
      ...reportFamilies(report),
      ...(this.processMetrics?.families() ?? []),
    ];
  }
}
