import { SlotTotals } from './slot-totals.js';
import type { Requests, Served } from './stats.js';
import type { TrackerCounters } from './tracker-counters.js';

const SECOND_MS = 1000;
const TEN_SECONDS_MS = 10_000;
const QUARTER_MS = 900_000;

/** The last minute, hour and day of one total. */
class Recent {
  readonly minute: SlotTotals;
  readonly hour: SlotTotals;
  readonly day: SlotTotals;

  constructor(now: number) {
    this.minute = new SlotTotals(SECOND_MS, 60, now);
    this.hour = new SlotTotals(TEN_SECONDS_MS, 360, now);
    this.day = new SlotTotals(QUARTER_MS, 96, now);
  }

  note(now: number, total: number): void {
    this.minute.note(now, total);
    this.hour.note(now, total);
    this.day.note(now, total);
  }

  /** The total at a time of the last day, as exactly as that is still known. */
  totalAt(time: number, total: number): number {
    const { minute, hour, day } = this;
    return ([minute, hour].find((span) => span.reachesTo(time)) ?? day).totalAt(time, total);
  }
}

/** What a process has served lately, from its counters; some 12 KB, whatever is served. */
export class ServedHistory {
  private readonly announces: Recent;
  private readonly scrapes: Recent;
  private readonly downloads: Recent;
  private readonly startedAt: number;
  private timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly counters: TrackerCounters,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.startedAt = now();
    this.announces = new Recent(this.startedAt);
    this.scrapes = new Recent(this.startedAt);
    this.downloads = new Recent(this.startedAt);
  }

  /** Has the counters looked at once a second, until `stop`. */
  start(): void {
    this.timer = setInterval(() => {
      this.note();
    }, SECOND_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  note(): void {
    const now = this.now();
    this.announces.note(now, this.counters.announcesTotal);
    this.scrapes.note(now, this.counters.scrapesTotal);
    this.downloads.note(now, this.counters.downloadsTotal);
  }

  /**
   * How many downloads had been counted by then: to a second if that is less than a minute ago, to
   * ten if less than an hour.
   */
  downloadsUntil(millisecondsAgo: number): number {
    this.note();
    return this.downloads.totalAt(this.now() - Math.max(0, millisecondsAgo), this.counters.downloadsTotal);
  }

  /** @param date of now, milliseconds since the epoch */
  served(date: number): Served {
    this.note();
    const uptimeMs = this.now() - this.startedAt;
    const { announcesTotal, scrapesTotal, downloadsTotal } = this.counters;
    const recent = (span: 'minute' | 'hour'): Requests => ({
      announces: this.announces[span].growth(announcesTotal),
      scrapes: this.scrapes[span].growth(scrapesTotal),
    });
    return {
      startedAt: new Date(date - uptimeMs).toISOString(),
      uptimeSeconds: Math.floor(uptimeMs / 1000),
      lastMinute: recent('minute'),
      lastHour: recent('hour'),
      sinceStart: { announces: announcesTotal, scrapes: scrapesTotal },
      completed: downloadsTotal,
      day: { slotSeconds: QUARTER_MS / 1000, announces: this.announces.day.perSlot(announcesTotal) },
    };
  }
}
