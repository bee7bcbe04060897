import type { Config } from '../config.js';
import type { Clock } from '../environment.js';
import type { Log } from '../log.js';
import type { ListPolicy } from '../policy/list-policy.js';
import { runPurge } from '../purge/run-purge.js';
import type { Store } from '../store/store.js';

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
      readonly policy?: ListPolicy;
    },
  ) {}

  start(): void {
    const { purgeIntervalSeconds } = this.components.config;
    if (purgeIntervalSeconds === 0 || this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.purge().finally(() => {
        this.start();
      });
    }, purgeIntervalSeconds * 1000);
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
