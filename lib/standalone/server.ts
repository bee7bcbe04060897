import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Config } from '../config.js';
import { parseAddress } from '../bittorrent/address.js';
import type { HttpHandler } from '../http/front.js';
import { LinkedList } from '../linked-list.js';
import type { Log } from '../log.js';
import { clientAddress, type TrustedProxies } from './client-address.js';
import type { Health } from './health.js';
import { HttpConnection } from './http-connection.js';
import { PlainConnection, type PlainConnectionOwner } from './plain-connection.js';
import type { PlainRequest } from './plain-request.js';
import { badRequestReply, methodNotAllowedReply } from './raw-reply.js';
import { ReplyHeads } from './reply-heads.js';
import { routeOf } from './route.js';

export interface ServerParts {
  readonly announce: HttpHandler;
  readonly scrape: HttpHandler;
  /** The reply to a request that a handler rejected. */
  readonly failure: (error: unknown) => Buffer;
  readonly health: Health;
  /** Undefined if there is no proxy: nobody's X-Forwarded-For is looked at then. */
  readonly isTrustedProxy: TrustedProxies | undefined;
  readonly log: Log;
}

export type ServerLimits = Pick<
  Config,
  'maxConnections' | 'headersTimeoutMs' | 'requestTimeoutMs' | 'keepAliveTimeoutMs' | 'announceTimeoutMs'
>;

/** Request line and headers together. Anything longer is a 431; the longest scrape that is answered in full is half of it. */
const mostHeadBytes = 16_384;

/** How often a closing server looks for connections that have become idle. */
const drainPollMs = 25;

/**
 * The HTTP server of the standalone process: routes a request to a handler and sends its reply. A connection begins as a
 * plain one, and Node's own server has it from its first request on that is not plain.
 */
export class TrackerServer implements PlainConnectionOwner {
  readonly #parts: ServerParts;
  readonly #http: Server;
  readonly #takeOver: (this: Server, socket: Socket) => void;
  /**
   * A list, as connections come and go: a Set gets a new table every now and then, and the old ones, each of which knows the next, keep all that was ever
   * in them from the collector of young objects.
   */
  readonly #plain = new LinkedList<PlainConnection>();
  /** Those that Node's server has. It forgets some of them. */
  readonly #handedOver = new LinkedList<HttpConnection>();
  readonly heads: ReplyHeads;
  #draining = false;

  constructor(parts: ServerParts, limits: ServerLimits) {
    this.#parts = parts;
    this.heads = new ReplyHeads(limits.keepAliveTimeoutMs);
    this.#http = createServer(
      {
        maxHeaderSize: mostHeadBytes,
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.keepAliveTimeoutMs,
        connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
        // Most connections have one reply: it would be a call of the system for nothing. See PlainConnection.
        noDelay: false,
        // Node's own refusal is chunked and says nothing.
        requireHostHeader: false,
      },
      this.#answer,
    );
    // A client may close its side once it has asked, and still read: Node would cut it off from a reply that takes a moment.
    Object.assign(this.#http, { httpAllowHalfOpen: true });
    this.#http.maxConnections = limits.maxConnections;
    // Ends a connection on which nothing moves at all, e.g. of a client that asks and never reads the replies.
    this.#http.timeout = limits.requestTimeoutMs + limits.announceTimeoutMs;
    this.#http.on('clientError', this.#refuseBadRequest);
    this.#http.on('connect', this.#refuseConnect);
    // What Node does with a connection; until then it is here.
    const [takeOver] = this.#http.listeners('connection');
    this.#takeOver = takeOver as (socket: Socket) => void;
    this.#http.removeAllListeners('connection');
    this.#http.on('connection', (socket: Socket) => {
      this.#plain.append(new PlainConnection(socket, limits, this));
    });
    // An expectation that nobody knows is ignored (RFC 9110, 10.1.1), where Node's own refusal is chunked.
    this.#http.on('checkExpectation', this.#answer);
  }

  /**
   * Starts to listen. The host `::` means IPv4 and IPv6, or IPv4 alone on a machine without IPv6.
   * @returns the port, which the system chose if `port` is 0
   * @throws the error of node:net if it cannot
   */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      // Node itself falls back to IPv4 only if no host is named.
      this.#http.listen(host === '::' ? { port } : { port, host }, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    return (this.#http.address() as AddressInfo).port;
  }

  /**
   * Stops accepting, lets requests in flight be answered, and closes every connection as soon as none is. Connections
   * that are not done after `timeoutMs` milliseconds are cut.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise((resolve) => this.#http.close(resolve));
    const poll = setInterval(() => {
      this.#closePlain((connection) => !connection.isAnswering);
      // What is left without an open reply is idle or a half request.
      if (this.#isAnswering()) this.#http.closeIdleConnections();
      else this.#http.closeAllConnections();
    }, drainPollMs);
    const cut = setTimeout(() => {
      this.#closePlain(() => true);
      this.#http.closeAllConnections();
      for (let left = this.#handedOver.first; left !== undefined; left = left.after) left.socket.destroy();
    }, timeoutMs);
    await closed;
    clearInterval(poll);
    clearTimeout(cut);
  }

  /** Whether Node's server has a connection with an open reply. */
  #isAnswering(): boolean {
    let connection = this.#handedOver.first;
    while (connection?.isAnswering === false) connection = connection.after;
    return connection !== undefined;
  }

  #closePlain(isToClose: (connection: PlainConnection) => boolean): void {
    for (let connection = this.#plain.first; connection !== undefined; connection = connection.after) {
      if (isToClose(connection)) connection.destroy();
    }
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  answer({ action, target, forwardedFor }: PlainRequest, remoteAddress: string): Promise<Buffer> {
    return this.#parts[action](target, this.#clientAddress(remoteAddress, forwardedFor));
  }

  failure(error: unknown): Buffer {
    return this.#parts.failure(error);
  }

  takeOver(connection: PlainConnection, socket: Socket): void {
    this.#plain.remove(connection);
    socket.setNoDelay(true);
    const handedOver = new HttpConnection(socket);
    this.#handedOver.append(handedOver);
    socket.once('close', () => {
      this.#handedOver.remove(handedOver);
    });
    // Node reads from the socket itself from now on; what was read already comes first.
    this.#takeOver.call(this.#http, socket);
    socket.resume();
  }

  onClosed(connection: PlainConnection): void {
    this.#plain.remove(connection);
  }

  readonly #answer = (request: IncomingMessage, reply: ServerResponse): void => {
    HttpConnection.of(request.socket)?.count(reply);
    const { method } = request;
    if (hasNoEnd(request)) {
      // The parser is about to refuse it as well, which is one refusal too many.
      this.#send(reply, 400, 'this is not HTTP\n', 'Connection', 'close');
      return;
    }
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      this.#send(reply, 400, 'missing Host\n');
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      this.#send(reply, 405, 'method not allowed\n', 'Allow', 'GET, HEAD');
      return;
    }
    switch (routeOf(request.url ?? '')) {
      case 'announce':
        void this.#run(this.#parts.announce, request, reply);
        return;
      case 'scrape':
        void this.#run(this.#parts.scrape, request, reply);
        return;
      case 'health':
        void this.#answerHealth(reply);
        return;
      case 'front page':
        this.#send(reply, 200, frontPage(request.headers.host));
        return;
      case undefined:
        this.#send(reply, 404, 'not found\n');
    }
  };

  async #run(handler: HttpHandler, request: IncomingMessage, reply: ServerResponse): Promise<void> {
    if (request.method === 'HEAD') {
      // HEAD is safe (RFC 9110): whoever looks must not join a swarm by it. So nothing runs, and nobody knows a length.
      reply.writeHead(200, ['Content-Type', 'text/plain']).end();
      return;
    }
    const { remoteAddress } = request.socket;
    // Without an address the client is gone already.
    if (remoteAddress === undefined) {
      reply.destroy();
      return;
    }
    let body: Buffer;
    try {
      const from = this.#clientAddress(remoteAddress, forwardedFor(request));
      body = await handler(request.url ?? '', from);
    } catch (error) {
      body = this.#parts.failure(error);
    }
    this.#send(reply, 200, body);
  }

  /** @throws TypeError for an address that is none, which the system does not give */
  #clientAddress(remoteAddress: string, forwardedFor: string | undefined): Uint8Array {
    const { isTrustedProxy } = this.#parts;
    const address =
      isTrustedProxy === undefined
        ? remoteAddress
        : clientAddress(remoteAddress, forwardedFor, isTrustedProxy);
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new TypeError('the client has no address');
    return bytes;
  }

  async #answerHealth(reply: ServerResponse): Promise<void> {
    if (await this.#parts.health.isHealthy()) this.#send(reply, 200, 'ok\n');
    else this.#send(reply, 503, 'unavailable\n');
  }

  /** For what the HTTP parser refuses, before there is a request. */
  readonly #refuseBadRequest = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    // The parser reports what follows a bad request as well.
    if (socket.writableEnded) return;
    const connection = HttpConnection.of(socket);
    if (connection === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    // Whoever asked for the end of the connection, which comes with the reply to that, sends nothing more (RFC 9112, 9.6).
    if (error.code === 'HPE_CLOSED_CONNECTION' && connection.isAnswering) return;
    connection.refuse(badRequestReply(error.code));
  };

  /** Node takes all of its listeners and times away from such a connection, and reads no more from it. */
  readonly #refuseConnect = (_request: IncomingMessage, socket: Duplex): void => {
    socket.on('error', () => socket.destroy());
    // Of a client that does not read the replies to what it asked before.
    socket.on('timeout', () => socket.destroy());
    HttpConnection.of(socket)?.refuse(methodNotAllowedReply);
  };

  /** Always one write with a Content-Length, never chunked; some clients read nothing else. */
  #send(reply: ServerResponse, status: number, body: Buffer | string, ...headers: string[]): void {
    headers.push('Content-Type', 'text/plain', 'Content-Length', String(Buffer.byteLength(body)));
    if (this.#draining) headers.push('Connection', 'close');
    reply.writeHead(status, headers).end(body);
  }
}

function forwardedFor(request: IncomingMessage): string | undefined {
  const header = request.headers['x-forwarded-for'];
  return Array.isArray(header) ? header.join(',') : header;
}

/** What a browser that opens the tracker sees. */
function frontPage(host: string | undefined): string {
  const authority = host !== undefined && /^[\w.:[\]-]{1,255}$/.test(host) ? `http://${host}` : '';
  return `A BitTorrent tracker. Put this announce URL into a torrent:\n${authority}/announce\n`;
}

/** Whether nobody can say where the body of a request ends: its last transfer coding is not chunked (RFC 9112, 6.3). */
function hasNoEnd({ headers }: IncomingMessage): boolean {
  const codings = headers['transfer-encoding'];
  return codings !== undefined && !/(^|,)\s*chunked\s*$/i.test(codings);
}
