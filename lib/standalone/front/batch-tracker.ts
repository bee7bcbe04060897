import { joinParts, sizeInBatch, splitParts } from '../../batch/format.js';
import { decodeAnnounceReply, decodeScrapeReply } from '../../batch/replies.js';
import { encodeAnnounceRequest, encodeScrapeRequest } from '../../batch/requests.js';
import type { AnnounceReply, AnnounceRequest } from '../../bittorrent/announce.js';
import { ClientError } from '../../bittorrent/errors.js';
import type { ScrapeReply, ScrapeRequest } from '../../bittorrent/scrape.js';
import type { Config } from '../../config.js';
import type { Log } from '../../log.js';
import type { BatchFigures } from '../../stats/front-figures.js';
import { noMetrics, type Metrics, type Outcome } from '../../tracker/metrics.js';
import { PlatformError } from './platform-client.js';

export interface BatchTrackerParts {
  readonly config: Pick<
    Config,
    'frontBatchRequests' | 'frontBatchBytes' | 'frontWaitMs' | 'frontRuns' | 'frontQueue' | 'retryInMinutes'
  >;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Runs the action once, with a batch. Rejects with a PlatformError. */
  readonly run: (batch: Buffer) => Promise<Buffer>;
}

interface Waiting {
  readonly part: Buffer;
  /** Whether it may be sent a second time: see `BatchTracker`. */
  readonly isRepeatable: boolean;
  /** Takes the reply, still encoded. Throws nothing. */
  readonly answer: (reply: Buffer) => void;
  readonly fail: (error: ClientError) => void;
}

/**
 * A tracker that is elsewhere: what it is asked meanwhile goes to the announce action as one run. A
 * run leaves when it is full or its first request has waited for FRONT_WAIT, and a connection is
 * free.
 *
 * What is sent once may be stored, whatever becomes of the answer. So nothing is sent again but
 * what a kept connection took that had ended meanwhile, and of that no `completed`: a second
 * announce with the same content changes nothing, but two runs at the same time could both count
 * one download. Its client says `completed` again, as clients do with what failed, and that counts
 * only if the peer is still a leecher to the tracker.
 */
export class BatchTracker {
  private readonly counts = { runs: 0, failedRuns: 0, batched: 0, tooMany: 0 };
  private readonly metrics: Metrics;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private isDue = false;
  private running = 0;

  constructor(private readonly parts: BatchTrackerParts) {
    this.metrics = parts.metrics ?? noMetrics;
  }

  /** Since the start. */
  figures(): BatchFigures {
    return { ...this.counts, openRuns: this.running, waiting: this.waiting.length };
  }

  /** @throws (rejects with) a ClientError, the action's or that of a platform that failed */
  announce(request: AnnounceRequest): Promise<AnnounceReply> {
    const startedAt = this.metrics.now();
    const isRepeatable = request.event !== 'completed';
    return this.ask(
      encodeAnnounceRequest(request),
      isRepeatable,
      (reply) => decodeAnnounceReply(reply, request.from),
      (outcome) => {
        this.metrics.announced(request, outcome, this.metrics.now() - startedAt);
      },
    );
  }

  /** @throws (rejects with) as announce */
  scrape(request: ScrapeRequest): Promise<ScrapeReply> {
    const startedAt = this.metrics.now();
    return this.ask(encodeScrapeRequest(request), true, decodeScrapeReply, (outcome) => {
      this.metrics.scraped(request, outcome, this.metrics.now() - startedAt);
    });
  }

  /** Rejects if a run cannot be had: with what a scrape of nobody's swarm is rejected with. */
  async check(): Promise<void> {
    const infohashes = [Buffer.alloc(20)];
    const request = { front: 'http', from: Buffer.alloc(4), passkey: undefined, infohashes } as const;
    // No client has asked for it, so nobody counts it.
    await this.ask(encodeScrapeRequest(request), true, decodeScrapeReply, () => undefined);
  }

  private ask<T>(
    part: Buffer,
    isRepeatable: boolean,
    decode: (reply: Buffer) => T,
    ended: (outcome: Outcome) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (error: ClientError): void => {
        ended('busy');
        reject(error);
      };
      if (this.waiting.length >= this.parts.config.frontQueue) {
        this.counts.tooMany++;
        fail(this.busy());
        return;
      }
      const answer = (reply: Buffer): void => {
        try {
          resolve(decode(reply));
          ended('answered');
        } catch (error) {
          ended(error instanceof ClientError ? 'refused' : 'failed');
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.enqueue({ part, isRepeatable, answer, fail });
    });
  }

  private enqueue(request: Waiting): void {
    const { frontBatchRequests, frontBatchBytes, frontWaitMs } = this.parts.config;
    this.waiting.push(request);
    this.waitingBytes += sizeInBatch(request.part);
    if (this.waiting.length >= frontBatchRequests || this.waitingBytes >= frontBatchBytes) this.isDue = true;
    if (this.isDue) this.start();
    else this.timer ??= setTimeout(this.onTimer, frontWaitMs);
  }

  private readonly onTimer = (): void => {
    this.timer = undefined;
    this.isDue = true;
    this.start();
  };

  /** Starts what is due and can be started. */
  private start(): void {
    while (this.isDue && this.waiting.length > 0 && this.running < this.parts.config.frontRuns) {
      const batch = this.take();
      this.isDue = this.waiting.length > 0;
      this.running++;
      void this.run(batch).then(() => {
        this.running--;
        this.start();
      });
    }
    if (this.waiting.length === 0) {
      this.isDue = false;
      clearTimeout(this.timer);
      this.timer = undefined;
    }
  }

  private take(): Waiting[] {
    const { frontBatchRequests, frontBatchBytes } = this.parts.config;
    let bytes = 0;
    let many = 0;
    for (const { part } of this.waiting) {
      bytes += sizeInBatch(part);
      if (many > 0 && bytes > frontBatchBytes) break;
      if (++many === frontBatchRequests) break;
    }
    const batch = this.waiting.slice(0, many);
    this.waiting = this.waiting.slice(many);
    this.waitingBytes = this.waiting.reduce((sum, { part }) => sum + sizeInBatch(part), 0);
    return batch;
  }

  /** Never rejects: every request of the batch is answered or has failed then. */
  private async run(batch: readonly Waiting[], isRepeated = false): Promise<void> {
    this.counts.runs++;
    if (!isRepeated) this.counts.batched += batch.length;
    let replies: Buffer[];
    try {
      replies = splitParts(await this.parts.run(joinParts(batch.map(({ part }) => part))));
      if (replies.length !== batch.length) throw new PlatformError('the answer is that to another batch');
    } catch (cause) {
      this.counts.failedRuns++;
      const isRepeatable = !isRepeated && cause instanceof PlatformError && cause.isConnectionLost;
      const again = isRepeatable ? batch.filter((request) => request.isRepeatable) : [];
      const failed = batch.filter((request) => !again.includes(request));
      if (failed.length > 0) this.parts.log.warn('run failed', { requests: failed.length, cause });
      for (const request of failed) request.fail(this.busy(cause));
      if (again.length > 0) await this.run(again, true);
      return;
    }
    batch.forEach((request, i) => {
      request.answer(replies[i] ?? Buffer.alloc(0));
    });
  }

  private busy(cause?: unknown): ClientError {
    return new ClientError('the tracker is busy, try again later', this.parts.config.retryInMinutes, {
      cause,
    });
  }
}
