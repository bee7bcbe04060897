import type { AnnounceRequest, Front } from '../bittorrent/announce.js';
import type { ScrapeRequest } from '../bittorrent/scrape.js';

/** How a request ended. busy: the store was out of reach, or the deadline passed. failed: anything else. */
export type Outcome = 'answered' | 'refused' | 'busy' | 'failed';

/** What the tracker counts and times. Called once or twice a request: nothing here may take long, or throw. */
export interface Metrics {
  /** Milliseconds of a clock that never goes back. Only differences count. */
  now(): number;
  /** An announce ended, `milliseconds` after the tracker was asked. Front, event and family are the request's. */
  announced(request: AnnounceRequest, outcome: Outcome, milliseconds: number): void;
  scraped(request: ScrapeRequest, outcome: Outcome, milliseconds: number): void;
  /** @param rule of the Refusal, once for each infohash of a scrape; `malformed` for what could not be read */
  refused(front: Front, rule: string): void;
  /** A completed download was added to its swarm's count. */
  downloadCounted(): void;
}

const nothing = (): void => undefined;

/** Counts nothing, and asks no clock. */
export const noMetrics: Metrics = {
  now: () => 0,
  announced: nothing,
  scraped: nothing,
  refused: nothing,
  downloadCounted: nothing,
};
