import { ClientError } from '../bittorrent/errors.js';
import { passkeyOf } from '../bittorrent/passkey.js';
import type { ScrapeRequest } from '../bittorrent/scrape.js';
import type { Log } from '../log.js';
import type { TrackerComponents } from '../tracker/components.js';
import { failureOf } from '../tracker/failures.js';
import { noMetrics, type Metrics } from '../tracker/metrics.js';
import { Tracker } from '../tracker/tracker.js';
import { encodeAnnounceReply, encodeFailure, encodeScrapeReply } from './replies.js';
import { pathOf, queryOf } from './request-target.js';
import { parseAnnounce, parseScrape } from './requests.js';

/**
 * Answers a request target of a client, whose address is 4 or 16 bytes. Never throws; rejects with
 * what `failure` takes.
 */
export type HttpHandler = (target: string, from: Uint8Array, log?: Log) => Promise<Buffer>;

/** The part of a tracker that its fronts use. */
export type AskedTracker = Pick<Tracker, 'announce' | 'scrape'>;

export type HttpFrontComponents = Pick<TrackerComponents, 'config' | 'log' | 'metrics'>;

/**
 * A tracker asked over HTTP, whoever receives the requests: request targets are read, and replies
 * bencoded (BEP 3, 7, 21, 23, 24, 31, 48). Whatever happens to a request is decided by the tracker.
 */
export class HttpFront {
  private readonly metrics: Metrics;

  private readonly tracker: AskedTracker;

  /** Asks a tracker of its own. */
  constructor(components: TrackerComponents);
  /** @param tracker also one that is elsewhere */
  constructor(components: HttpFrontComponents, tracker: AskedTracker);
  constructor(
    private readonly components: HttpFrontComponents,
    tracker?: AskedTracker,
  ) {
    // Without a tracker the components are all of them: see the signatures.
    this.tracker = tracker ?? new Tracker(components as TrackerComponents);
    this.metrics = components.metrics ?? noMetrics;
  }

  readonly announce: HttpHandler = (target, from, log) => {
    try {
      const request = parseAnnounce(queryOf(target), from, passkeyIn(target));
      return this.tracker.announce(request, log).then((reply) => encodeAnnounceReply(reply, request.compact));
    } catch (error) {
      return this.unread(error);
    }
  };

  readonly scrape: HttpHandler = (target, from, log) => {
    try {
      const infohashes = parseScrape(queryOf(target), this.components.config.scrapeMaxHashes);
      const request: ScrapeRequest = { front: 'http', from, passkey: passkeyIn(target), infohashes };
      return this.tracker.scrape(request, log).then(encodeScrapeReply);
    } catch (error) {
      return this.unread(error);
    }
  };

  /** The reply to a request that was rejected; writes the log line, if it is worth one. */
  readonly failure = (error: unknown, log: Log = this.components.log): Buffer => {
    const { reason, retryIn } = failureOf(error, this.components.config.retryInMinutes, log);
    return encodeFailure(reason, retryIn);
  };

  private unread(error: unknown): Promise<never> {
    if (error instanceof ClientError) this.metrics.refused('http', 'malformed');
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what was thrown
    return Promise.reject(error);
  }
}

/** The client's own part of the path. Most requests have none, and are not looked at further. */
function passkeyIn(target: string): string | undefined {
  return target.startsWith('/announce?') ? undefined : passkeyOf(pathOf(target));
}
