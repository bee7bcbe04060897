import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';

import { type TrustedProxies } from '../../../lib/standalone/client-address.js';
import { Health } from '../../../lib/standalone/health.js';
import { TrackerServer, type ServerLimits } from '../../../lib/standalone/server.js';
import type { SiteReply } from '../../../lib/stats/site-reply.js';
import { systemClock } from '../../../lib/environment.js';
import type { Log, LogFields } from '../../../lib/log.js';
import type { HttpHandler } from '../../../lib/http/front.js';
import type { AddressRates } from '../../../lib/policy/floods/address-rates.js';
import { formatAddress } from '../../../lib/bittorrent/address.js';
import { exchange } from '../../support/raw-http.js';

export function result(body: string): Buffer {
  return Buffer.from(body, 'latin1');
}

const page: SiteReply = {
  status: 200,
  headers: { 'Content-Type': 'text/html', 'X-Page': 'yes' },
  body: result('page'),
};

/** What a handler was asked. */
export interface Call {
  readonly target: string;
  readonly from: string;
}

/** A server whose handlers answer what they were asked, and a count of how often they ran. */
export class Subject {
  readonly calls: Call[] = [];
  readonly errors: unknown[] = [];
  readonly warnings: LogFields[] = [];
  healthy = true;
  announce: HttpHandler = (target) => Promise.resolve(result(`announced ${target}`));
  scrape: HttpHandler = (target) => Promise.resolve(result(`scraped ${target}`));
  port = 0;
  readonly server: TrackerServer;

  constructor(
    limits: Partial<ServerLimits>,
    isTrustedProxy: TrustedProxies | undefined,
    rates: AddressRates | undefined,
  ) {
    const nothing = (): void => undefined;
    const warn = (_event: string, fields: LogFields = {}): void => void this.warnings.push(fields);
    const log: Log = { error: nothing, warn, info: nothing, debug: nothing };
    const health = new Health(
      () => (this.healthy ? Promise.resolve() : Promise.reject(new Error('no'))),
      systemClock,
      log,
    );
    this.server = new TrackerServer(
      {
        announce: (target, from) => {
          this.calls.push({ target, from: formatAddress(from) });
          return this.announce(target, from);
        },
        scrape: (target, from) => this.scrape(target, from),
        failure: (error) => {
          this.errors.push(error);
          return result('failed');
        },
        health,
        site: ({ path }) => (path === '/' ? Promise.resolve(page) : undefined),
        isTrustedProxy,
        ...(rates && { rates }),
        log,
      },
      {
        maxConnections: 100,
        headersTimeoutMs: 5000,
        requestTimeoutMs: 5000,
        keepAliveTimeoutMs: 5000,
        announceTimeoutMs: 1000,
        scrapeMaxHashes: 100,
        ...limits,
      },
    );
  }

  /** Has announces take so long from now on. */
  answerAfter(milliseconds: number): void {
    this.announce = async (target) => {
      await delay(milliseconds);
      return result(`announced ${target}`);
    };
  }
}

const running: TrackerServer[] = [];

/** Starts one; `closeServers` ends it. */
export async function serve(
  limits: Partial<ServerLimits> = {},
  isTrustedProxy?: TrustedProxies,
  rates?: AddressRates,
): Promise<Subject> {
  const subject = new Subject(limits, isTrustedProxy, rates);
  subject.port = await subject.server.listen(0, '::');
  running.push(subject.server);
  return subject;
}

/** Closes all that were started. */
export async function closeServers(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close(1000)));
}

/** A request after which the server closes the connection, so that a test sees the end of the reply. */
export function request(line: string, headers = ''): string {
  return `${line} HTTP/1.1\r\nHost: tracker.example\r\n${headers}Connection: close\r\n\r\n`;
}

export async function expectGoodAnnounce(subject: Subject): Promise<void> {
  expect(await exchange(subject.port, request('GET /announce?good'))).to.match(
    /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nannounced \/announce\?good$/,
  );
}

export const connectRequest = 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n';

export function statusOf(reply: string): string {
  return reply.slice(0, reply.indexOf('\r\n'));
}
