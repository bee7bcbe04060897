import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { signatureProblem, signedAt, type ExpectedSigner, type Received } from './signature.js';

export interface ServerReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/**
 * What goes wrong with a request. `lost before`, `lost after`: the connection ends before or after
 * it is carried out. `half`: after half of the answer. `silent before`, `silent after`: nothing
 * comes any more. `nonsense`: what comes is no HTTP. A reply: it is the answer.
 */
export type Fault =
  'lost before' | 'lost after' | 'half' | 'silent before' | 'silent after' | 'nonsense' | ServerReply;

export interface SignedServerOptions {
  readonly signer: ExpectedSigner;
  /** The operation that a request is, e.g. `PUT`: what it is counted as. */
  readonly nameOf: (received: Received) => string;
  readonly answer: (received: Received) => Promise<ServerReply> | ServerReply;
  /** What the API answers to a request that is not signed well. */
  readonly refuse: (code: string) => ServerReply;
  /** Of the server's certificate; without it HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** AWS refuses requests that are older or younger. */
const maxSkewMs = 15 * 60_000;

/**
 * An HTTP server of a test that checks signatures, counts what is asked of it, and fails as it is
 * told to.
 */
export class SignedServer {
  /** By the operation's name. */
  readonly operations = new Map<string, number>();
  /** Asked for every request. */
  fault: (name: string, received: Received) => Fault | undefined = () => undefined;
  /** Milliseconds that every request takes. */
  latency: () => number = () => 0;
  /** How far the server's clock is ahead of this machine's. */
  clockAheadMs = 0;
  /** Connections that were opened, ever. */
  connectionsOpened = 0;
  private server: http.Server | https.Server | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  constructor(private readonly options: SignedServerOptions) {}

  /** On a port of the system's choice, the same one when it is started again. */
  async start(): Promise<void> {
    const { tls } = this.options;
    const handle = (request: http.IncomingMessage, response: http.ServerResponse): void => {
      void this.handle(request, response);
    };
    const server = tls === undefined ? http.createServer(handle) : https.createServer(tls, handle);
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket: Socket) => {
      this.connectionsOpened += 1;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  get url(): URL {
    return new URL(`${this.options.tls === undefined ? 'http' : 'https'}://localhost:${this.port}`);
  }

  /** Operations since the last reset. */
  get total(): number {
    return [...this.operations.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Ends every connection, as a server does that was restarted, or tired of them. */
  cutConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.close();
    this.cutConnections();
    await once(server, 'close');
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const received = await receivedOf(request);
    if (received === undefined) return;
    const name = this.options.nameOf(received);
    this.operations.set(name, (this.operations.get(name) ?? 0) + 1);
    const ms = this.latency();
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    const fault = this.fault(name, received);
    if (fault === 'lost before') return void request.socket.destroy();
    if (fault === 'silent before') return;
    if (fault === 'nonsense') return void request.socket.end('what?\r\n\r\n');
    const reply = typeof fault === 'object' ? fault : await this.answerTo(received);
    if (fault === 'lost after') return void request.socket.destroy();
    if (fault === 'silent after') return;
    const body = Buffer.from(reply.body ?? '');
    response.writeHead(reply.status, {
      date: new Date(Date.now() + this.clockAheadMs).toUTCString(),
      'content-length': body.length,
      ...reply.headers,
    });
    if (fault !== 'half') return void response.end(body);
    response.write(body.subarray(0, body.length / 2), () => {
      request.socket.destroy();
    });
  }

  private answerTo(received: Received): Promise<ServerReply> | ServerReply {
    const skew = Math.abs(Date.now() + this.clockAheadMs - signedAt(received));
    if (!(skew <= maxSkewMs)) return this.options.refuse('RequestTimeTooSkewed');
    const problem = signatureProblem(received, this.options.signer);
    return problem === undefined ? this.options.answer(received) : this.options.refuse(problem);
  }
}

/** Undefined if the client went away in the middle of it. */
async function receivedOf(request: http.IncomingMessage): Promise<Received | undefined> {
  try {
    const body = await buffer(request);
    const url = new URL(request.url ?? '/', 'http://host');
    return {
      method: request.method ?? '',
      path: (request.url ?? '/').replace(/\?.*$/s, ''),
      query: url.searchParams,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body,
    };
  } catch {
    return undefined;
  }
}
