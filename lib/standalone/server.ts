import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { parseAddress } from '../bittorrent/address.js';
import { Scope, scopeOf } from '../bittorrent/address-scope.js';
import type { Config } from '../config.js';
import type { HttpHandler } from '../http/front.js';
import type { AddressRates } from '../policy/floods/address-rates.js';
import { LinkedList } from '../linked-list.js';
import type { Log } from '../log.js';
import { pathOf } from '../http/request-target.js';
import type { SiteReply, SiteRequest } from '../stats/site-reply.js';
import { DeadlineError } from '../tracker/deadlines.js';
import { clientAddress, type TrustedProxies } from './client-address.js';
import { Connection, type ConnectionOwner } from './connection.js';
import type { Health } from './health.js';
import { HeldConnections } from './held-connections.js';
import { broken, healthy, notAllowed, notFound, unhealthy, withLines, type Reply } from './reply.js';
import { ReplyHeads } from './reply-heads.js';
import { headerOf, type RequestHead } from './request-head.js';
import { routeOf } from './route.js';
import { TurnQueue } from './turn-queue.js';
import { WorkQueue, type Work } from './work-queue.js';

export interface ServerParts {
  readonly announce: HttpHandler;
  readonly scrape: HttpHandler;
  /** The reply to a request that a handler rejected. */
  readonly failure: (error: unknown) => Buffer;
  readonly health: Health;
  /** What /health says beside, a line each. */
  readonly notes?: () => readonly string[];
  /** Answers what is no work of a tracker, e.g. the page; undefined for a path where nothing is. */
  readonly site?: (request: SiteRequest) => Promise<SiteReply> | undefined;
  /** Undefined if there is no proxy: nobody's X-Forwarded-For is believed then. */
  readonly isTrustedProxy: TrustedProxies | undefined;
  /** What each address may ask for; undefined: anything. */
  readonly rates?: AddressRates;
  readonly log: Log;
}

export type ServerLimits = Pick<
  Config,
  | 'maxConnections'
  | 'headersTimeoutMs'
  | 'requestTimeoutMs'
  | 'keepAliveTimeoutMs'
  | 'announceTimeoutMs'
  | 'scrapeMaxHashes'
>;

/** How often a closing server looks for connections that have become idle. */
const DRAIN_POLL_MS = 25;

/** The HTTP server of the standalone process: routes a request to a handler and sends its reply. */
export class TrackerServer implements ConnectionOwner {
  readonly #parts: ServerParts;
  readonly #limits: ServerLimits;
  readonly #server: Server;
  readonly #work: WorkQueue;
  readonly #pages = new TurnQueue();
  readonly #held = new HeldConnections();
  /**
   * A list, as connections come and go: a Set gets a new table every now and then, and the old
   * ones, each of which knows the next, keep all that was ever in them from the collector of young
   * objects.
   */
  readonly #connections = new LinkedList<Connection>();
  readonly heads: ReplyHeads;
  #draining = false;
  /** Kinds of addresses whose X-Forwarded-For was not believed, and which were warned of. */
  readonly #warnedOf = new Set<boolean>();

  constructor(parts: ServerParts, limits: ServerLimits) {
    this.#parts = parts;
    this.#limits = limits;
    this.heads = new ReplyHeads(limits.keepAliveTimeoutMs);
    this.#work = new WorkQueue(limits.announceTimeoutMs);
    // A client may close its side once it has asked, and still read.
    this.#server = createServer({ allowHalfOpen: true, noDelay: false }, (socket: Socket) => {
      this.#connections.append(new Connection(socket, limits, this));
    });
    this.#server.maxConnections = limits.maxConnections;
  }

  /**
   * Starts to listen. The host `::` means IPv4 and IPv6, or IPv4 alone on a machine without IPv6.
   * @returns the port, which the system chose if `port` is 0
   * @throws the error of node:net if it cannot
   */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      // Node itself falls back to IPv4 only if no host is named.
      this.#server.listen(host === '::' ? { port } : { port, host }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#look();
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends what is over, again and again while the server listens or has connections. */
  #look(): void {
    const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = this.#limits;
    const shortest = Math.min(headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, 1000);
    const timer = setInterval(
      () => {
        const now = performance.now();
        for (let at = this.#connections.first; at !== undefined;) {
          const { after } = at;
          at.closeIfDue(now);
          at = after;
        }
        this.#work.expire();
      },
      Math.max(25, shortest / 2),
    );
    timer.unref();
    this.#server.once('close', () => {
      clearInterval(timer);
    });
  }

  /**
   * Stops accepting, lets requests in flight be answered, and closes every connection as soon as
   * none is. Connections that are not done after `timeoutMs` milliseconds are cut.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const poll = setInterval(() => {
      this.#closeConnections((connection) => !connection.isAnswering);
    }, DRAIN_POLL_MS);
    const cut = setTimeout(() => {
      this.#closeConnections(() => true);
    }, timeoutMs);
    await closed;
    clearInterval(poll);
    clearTimeout(cut);
  }

  #closeConnections(isToClose: (connection: Connection) => boolean): void {
    for (let connection = this.#connections.first; connection !== undefined; connection = connection.after) {
      if (isToClose(connection)) connection.destroy();
    }
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  onClosed(connection: Connection): void {
    this.#connections.remove(connection);
  }

  answer(request: RequestHead, connection: Connection): void {
    const { method, target } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      connection.reply(notAllowed);
      return;
    }
    switch (routeOf(target)) {
      case 'announce':
        this.#run(this.#parts.announce, 1, request, connection);
        return;
      case 'scrape':
        this.#run(this.#parts.scrape, this.#costOfScrape(target), request, connection, FOR_ANY_PAGE);
        return;
      case 'health':
        void this.#parts.health.isHealthy().then((isHealthy) => {
          connection.reply(withLines(isHealthy ? healthy : unhealthy, this.#parts.notes?.() ?? []));
        });
        return;
      case undefined:
        this.#pages.add(() => {
          this.#showSite(request, connection);
        });
    }
  }

  /** As many swarms as are asked for, or as are answered. */
  #costOfScrape(target: string): number {
    const { scrapeMaxHashes } = this.#limits;
    let cost = 0;
    for (let at = 0; cost < scrapeMaxHashes; cost++) {
      at = target.indexOf(INFO_HASH, at) + INFO_HASH.length;
      if (at < INFO_HASH.length) break;
    }
    return Math.max(cost, 1);
  }

  #showSite(request: RequestHead, connection: Connection): void {
    const { isTrustedProxy } = this.#parts;
    const { remoteAddress } = connection.socket;
    const reply = this.#parts.site?.({
      path: pathOf(request.target),
      header: (name) => headerOf(request, name),
      isFromTrustedProxy: remoteAddress !== undefined && isTrustedProxy?.(remoteAddress) === true,
    });
    if (reply === undefined) {
      connection.reply(notFound);
      return;
    }
    reply.then(
      (ready) => {
        connection.reply({ ...ready, isShared: true });
      },
      (cause: unknown) => {
        this.#parts.log.error('internal error', { cause });
        connection.reply(broken);
      },
    );
  }

  #run(
    handler: HttpHandler,
    cost: number,
    request: RequestHead,
    connection: Connection,
    more?: Pick<Reply, 'headers'>,
  ): void {
    if (request.method === 'HEAD') {
      // HEAD is safe (RFC 9110): whoever looks must not join a swarm by it. So nothing runs.
      connection.reply({ status: 200, body: NOTHING, ...more });
      return;
    }
    const { remoteAddress } = connection.socket;
    if (remoteAddress === undefined) {
      // The client is gone already.
      connection.destroy();
      return;
    }
    const send = (body: Buffer): void => {
      connection.reply(more === undefined ? { status: 200, body } : { status: 200, body, ...more });
    };
    let from: Uint8Array;
    try {
      from = this.#addressOf(remoteAddress, request.forwardedFor);
    } catch (error) {
      send(this.#parts.failure(error));
      return;
    }
    const refusal = this.#parts.rates?.take(from);
    if (refusal !== undefined) {
      // What a trusted proxy sends is of many clients.
      if (this.#parts.isTrustedProxy?.(remoteAddress) !== true) {
        connection.hold();
        this.#held.add(connection);
      }
      send(this.#parts.failure(refusal));
      return;
    }
    const work: Work = {
      cost,
      get isGone() {
        return connection.isGone;
      },
      start: () => {
        this.#handle(handler, request.target, from).then(
          (body) => {
            this.#work.done(work);
            send(body);
          },
          (error: unknown) => {
            this.#work.done(work);
            send(this.#parts.failure(error));
          },
        );
      },
      giveUp: () => {
        send(this.#parts.failure(new DeadlineError('there was no turn for a request')));
      },
    };
    this.#work.add(work);
  }

  #handle(handler: HttpHandler, target: string, from: Uint8Array): Promise<Buffer> {
    try {
      return handler(target, from);
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what was thrown
      return Promise.reject(error);
    }
  }

  /** @throws TypeError for an address that is none, which the system does not give */
  #addressOf(remoteAddress: string, forwardedFor: string | undefined): Uint8Array {
    const { isTrustedProxy } = this.#parts;
    if (forwardedFor !== undefined && isTrustedProxy?.(remoteAddress) !== true)
      this.#warnOfProxy(remoteAddress);
    const address =
      isTrustedProxy === undefined
        ? remoteAddress
        : clientAddress(remoteAddress, forwardedFor, isTrustedProxy);
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new TypeError('the client has no address');
    return bytes;
  }

  /**
   * Once for all addresses of this network, and once for all others, as anybody can send that
   * header.
   */
  #warnOfProxy(address: string): void {
    const bytes = parseAddress(address);
    const isNear = bytes !== undefined && scopeOf(bytes) < Scope.world;
    if (this.#warnedOf.has(isNear)) return;
    this.#warnedOf.add(isNear);
    const meaning = 'all peers behind this proxy get its address; if it is yours, name it in the setting';
    this.#parts.log.warn('proxy not trusted', { address, setting: 'TRUSTED_PROXIES', meaning });
  }
}

const NOTHING = Buffer.alloc(0);
const INFO_HASH = 'info_hash';

/** The counts of swarms are nobody's secret: a page of any origin may read them. */
const FOR_ANY_PAGE = { headers: { 'Content-Type': 'text/plain', 'Access-Control-Allow-Origin': '*' } };
