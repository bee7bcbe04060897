import aws4 from 'aws4';

import { messageOf } from '../../error-message.js';
import { StoreError, StoreUnavailableError } from '../errors.js';
import { OpenCalls } from '../remote/open-calls.js';
import { CallSlots } from './call-slots.js';
import { ConnectionLostError } from '../remote/failures.js';
import { KeptConnections, type HttpAnswer, type HttpRequest } from './kept-connections.js';
import type { AwsOptions } from './options.js';
import type { Answer, AwsRequest, Send } from './request.js';

export type AwsService = 's3' | 'dynamodb';

const serverNames = { s3: 'S3', dynamodb: 'DynamoDB' };

/** The longest that a call waits for its turn, as a share of its time. */
const waitShare = 1 / 2;
/** A request is sent again only with this share of the call's time left. */
const leastShare = 1 / 4;

const noBody = Buffer.alloc(0);

/**
 * Calls to one signed API: bounded in number and in time, over kept connections, each request
 * signed anew. A request is sent once, and a second time only if its connection was lost and the
 * caller says that repeating does no harm.
 */
export class SignedClient {
  private readonly slots: CallSlots;
  private readonly connections: KeptConnections;
  private readonly server: string;
  private readonly calls = new OpenCalls();

  constructor(
    private readonly service: AwsService,
    private readonly options: AwsOptions,
  ) {
    this.server = serverNames[service];
    this.slots = new CallSlots(options.maxConnections, options.queueDepth, this.server);
    this.connections = new KeptConnections(options);
  }

  /**
   * Runs one call of the store, which sends its requests one after the other with what it is given.
   * @param timeoutMs milliseconds for the whole call; at most half of them go to the wait for its
   *   turn
   * @throws StoreUnavailableError if the server did not answer in time or there was no turn, and
   *   what `work` throws
   */
  async call<T>(timeoutMs: number, work: (send: Send) => Promise<T>): Promise<T> {
    this.calls.begin();
    const endsAt = performance.now() + timeoutMs;
    try {
      await this.slots.acquire(timeoutMs * waitShare);
      try {
        return await work((request) => this.sendWithOneRepeat(request, endsAt, timeoutMs * leastShare));
      } finally {
        this.slots.release();
      }
    } finally {
      this.calls.end();
    }
  }

  /**
   * Waits for the calls that are under way, which their deadlines bound, then closes every
   * connection.
   */
  close(): Promise<void> {
    return this.calls.close(() => {
      this.connections.close();
    });
  }

  private async sendWithOneRepeat(request: AwsRequest, endsAt: number, leastMs: number): Promise<Answer> {
    try {
      return await this.sendOnce(request, endsAt, false);
    } catch (failure) {
      const lost = failure instanceof ConnectionLostError;
      if (lost) this.connections.dropIdle();
      if (!lost || !request.repeatable || endsAt - performance.now() < leastMs) {
        throw this.unavailable(request, failure);
      }
    }
    try {
      return await this.sendOnce(request, endsAt, true);
    } catch (failure) {
      throw this.unavailable(request, failure);
    }
  }

  private async sendOnce(request: AwsRequest, endsAt: number, repeated: boolean): Promise<Answer> {
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0)
      throw new StoreUnavailableError(`no time was left for a ${request.name} of ${this.server}`);
    const answer = await this.connections.exchange(this.signed(request), leftMs);
    return { ...answer, repeated, clockAheadSeconds: this.clockAheadSeconds(answer) };
  }

  private signed({ method, path, query = {}, headers = {}, body = noBody }: AwsRequest): HttpRequest {
    const { endpoint, region, credentials, clock } = this.options;
    const search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const signed = aws4.sign(
      {
        service: this.service,
        region,
        method,
        path: search === '' ? path : `${path}?${search}`,
        headers: {
          host: endpoint.host,
          'x-amz-date': amzDate(clock.now()),
          'content-length': String(body.length),
          ...headers,
        },
        // With a body, also an empty one, it would say of its own what type the content has.
        ...(body.length === 0 ? {} : { body }),
      },
      credentials,
    );
    return { method, path: signed.path ?? path, headers: signed.headers ?? {}, body };
  }

  private clockAheadSeconds({ headers }: HttpAnswer): number | undefined {
    const told = Date.parse(headers.date ?? '');
    return Number.isNaN(told) ? undefined : Math.round((this.options.clock.now() - told) / 1000);
  }

  /** What a request that got no answer ends with: another may get one. */
  private unavailable(request: AwsRequest, failure: unknown): StoreError {
    if (failure instanceof StoreError) return failure;
    const reason = failure instanceof Error ? messageOf(failure) : String(failure);
    return new StoreUnavailableError(`${this.server} did not serve a ${request.name}: ${reason}`, {
      cause: failure,
    });
  }
}

/** As Signature Version 4 has it: 20260102T030405Z. */
function amzDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
