import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { ServedCounts } from '../stats/tracker-counters.js';

export interface ServedLogParts {
  readonly log: Log;
  /** Counts since the process started. */
  readonly served: () => ServedCounts;
  /** How many peers and torrents are stored; undefined if nobody knows. Never rejects. */
  readonly stored?: () => Promise<{ readonly peers: number; readonly torrents: number } | undefined>;
}

const PERIOD_MS = 60_000;

/** Whether anybody would see the lines: else nothing has to be counted for them. */
export function isInfoLogged({ logLevel }: Pick<Config, 'logLevel'>): boolean {
  return logLevel === 'info' || logLevel === 'debug';
}

/**
 * One line a minute at level info with what was served in it. While nothing is asked there is none,
 * but for one when that begins.
 */
export class ServedLog {
  private before: ServedCounts | undefined;
  private isIdle = true;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: ServedLogParts,
    private readonly periodMs = PERIOD_MS,
  ) {}

  /** Starts where somebody would see the lines, stops elsewhere. */
  follow(settings: Pick<Config, 'logLevel'>): void {
    this.stop();
    if (isInfoLogged(settings)) this.start();
  }

  start(): void {
    this.before = this.parts.served();
    this.timer = setInterval(() => void this.write(), this.periodMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Writes the line of the time since it was called last, if there is one. Never rejects. */
  async write(): Promise<void> {
    const now = this.parts.served();
    const served = differences(now, this.before);
    this.before = now;
    const wasIdle = this.isIdle;
    this.isIdle = Object.values(served).every((count) => count === 0);
    if (!this.isIdle) {
      const { peers, torrents } = (await this.parts.stored?.()) ?? {};
      this.parts.log.info('served', { ...served, peers, torrents });
    } else if (!wasIdle) {
      this.parts.log.info('idle');
    }
  }
}

function differences(now: ServedCounts, before: ServedCounts | undefined): ServedCounts {
  return {
    httpAnnounces: now.httpAnnounces - (before?.httpAnnounces ?? 0),
    udpAnnounces: now.udpAnnounces - (before?.udpAnnounces ?? 0),
    httpScrapes: now.httpScrapes - (before?.httpScrapes ?? 0),
    udpScrapes: now.udpScrapes - (before?.udpScrapes ?? 0),
    refused: now.refused - (before?.refused ?? 0),
    failed: now.failed - (before?.failed ?? 0),
  };
}
