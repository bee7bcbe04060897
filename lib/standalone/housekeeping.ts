import type { Config } from '../config.js';
import type { Clock } from '../environment.js';
import type { Log } from '../log.js';
import type { Policy } from '../tracker/policy.js';
import { runPurge } from '../purge/run-purge.js';
import type { Store } from '../store/store.js';

/**
 * The first purge comes this soon, milliseconds: until then nobody knows what is stored. Not at
 * once, as a start has enough to do.
 */
const FIRST_PURGE_MS = 60_000;

/** Purges every PURGE_INTERVAL, beside the announces, until it is stopped. */
export class Housekeeping {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly components: {
      readonly store: Store;
      readonly clock: Clock;
      readonly log: Log;
      readonly config: Config;
      readonly policy?: Policy;
    },
    private readonly firstPurgeMs = FIRST_PURGE_MS,
  ) {}

  start(): void {
    const { purgeIntervalSeconds } = this.components.config;
    if (purgeIntervalSeconds === 0) return;
    const intervalMs = purgeIntervalSeconds * 1000;
    this.purgeAfter(Math.min(this.firstPurgeMs, intervalMs), intervalMs);
  }

  private purgeAfter(milliseconds: number, intervalMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.purge().finally(() => {
        this.purgeAfter(intervalMs, intervalMs);
      });
    }, milliseconds);
    this.timer.unref();
  }

  /** Waits for the slice that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async purge(): Promise<void> {
    const { config, log } = this.components;
    try {
      const report = await runPurge(
        { ...this.components, ...config },
        { parallelism: config.purgeParallelism, isStopped: () => this.stopped },
      );
      if (report !== undefined) log.info('purged', { ...report });
    } catch (cause) {
      log.error('purge failed', { cause });
    }
  }
}
