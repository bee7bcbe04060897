import { fetchReport, type PurgeReport } from '../purge/report.js';
import type { Store } from '../store/store.js';
import { Deadlines } from '../tracker/deadlines.js';

/** How long a report is taken for the last one, milliseconds. */
const VALID_MS = 1000;
/** How long somebody waits for it who asks, milliseconds. */
const TIMEOUT_MS = 1000;

/** What the last purge reported, of whatever process: one read of the store a second at most. */
export class LatestReport {
  private readonly deadlines = new Deadlines(TIMEOUT_MS);
  private known: PurgeReport | undefined;
  private asked: Promise<void> | undefined;
  private askedAt = -Infinity;
  private isAnswered = false;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly store: Store,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Never rejects. A report stays while the store is out of reach. */
  async get(): Promise<PurgeReport | undefined> {
    if (this.asked === undefined && this.now() - this.askedAt >= VALID_MS) {
      this.askedAt = this.now();
      this.asked = this.fetch();
    }
    if (this.asked !== undefined) await this.deadlines.within(this.asked).catch(this.noteFailure);
    return this.known;
  }

  /** Whether the store answered when it was asked the last time. */
  get isReachable(): boolean {
    return this.isAnswered;
  }

  private async fetch(): Promise<void> {
    try {
      this.known = (await fetchReport(this.store)) ?? this.known;
      this.isAnswered = true;
    } catch {
      this.noteFailure();
    } finally {
      this.asked = undefined;
    }
  }

  private readonly noteFailure = (): void => {
    this.isAnswered = false;
  };
}
