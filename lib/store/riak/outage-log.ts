import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';

/** How often an outage that lasts has a line. */
const everyMs = 30_000;
/** It is over when calls were served for this long and none failed. */
const quietMs = 5000;

/**
 * What the log has of an outage: a line when calls begin to fail, one with counts every half minute while they do, and one when it is over.
 * It has no timers: calls that come tell it the time.
 */
export class OutageLog {
  /** Undefined while all is well. */
  private outage:
    { since: number; lineAt: number; lastFailureAt: number; failed: number; served: number } | undefined;

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  failed(cause: Error): void {
    const now = this.clock.now();
    this.outage ??= this.begin(now, cause);
    const { outage } = this;
    outage.failed += 1;
    outage.lastFailureAt = now;
    if (now - outage.lineAt < everyMs && now >= outage.lineAt) return;
    outage.lineAt = now;
    this.log.warn('riak still fails calls', { ...this.counts(now), cause });
  }

  served(): void {
    const { outage } = this;
    if (outage === undefined) return;
    outage.served += 1;
    const now = this.clock.now();
    const quiet = now - outage.lastFailureAt;
    if (quiet >= 0 && quiet < quietMs) return;
    this.log.info('riak serves calls again', this.counts(outage.lastFailureAt));
    this.outage = undefined;
  }

  private begin(now: number, cause: Error): NonNullable<OutageLog['outage']> {
    this.log.warn('riak fails calls', { cause });
    return { since: now, lineAt: now, lastFailureAt: now, failed: 0, served: 0 };
  }

  private counts(now: number): { failed: number; served: number; seconds: number } {
    const { failed = 0, served = 0, since = now } = this.outage ?? {};
    return { failed, served, seconds: Math.round((now - since) / 1000) };
  }
}
