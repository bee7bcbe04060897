/** A server in the place of a gateway with which all is well, but for what a test changes. */
import { once } from 'node:events';
import { createServer, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GatewayReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Latin-1. */
  readonly body: string;
}

/** What answers a route. @param query as it was sent, Latin-1 */
export type Route = (request: IncomingMessage, query: string) => GatewayReply;

export interface Routes {
  readonly health: Route;
  readonly announce: Route;
  readonly scrape: Route;
  /** At /. */
  readonly page: Route;
  readonly other: Route;
  /** What comes before all routes: a refusal, or nothing. */
  readonly refuse: (target: string) => GatewayReply | undefined;
}

const plain = { 'Content-Type': 'text/plain' };

/** A bencoded failure. */
export function failure(reason: string): GatewayReply {
  return { headers: plain, body: `d14:failure reason${reason.length}:${reason}e` };
}

/** An announce's reply for a client with an IPv4 address. */
export function announceReply(address: string): GatewayReply {
  const bytes = Buffer.from(address.split('.').map(Number)).toString('latin1');
  return {
    headers: plain,
    body: `d8:completei0e11:external ip4:${bytes}10:incompletei1e8:intervali9e5:peers0:e`,
  };
}

/** A scrape's reply: one leecher in each swarm. @param hashes Latin-1 */
export function scrapeReply(hashes: readonly string[]): GatewayReply {
  const files = [...hashes].sort().map((hash) => `${hash.length}:${hash}d8:completei0e10:incompletei1ee`);
  return { headers: plain, body: `d5:filesd${files.join('')}ee` };
}

/** The infohashes of a query, byte for byte, Latin-1. */
export function hashesIn(query: string): string[] {
  return Array.from(query.matchAll(/info_hash=([^&]*)/g), ([, value = '']) =>
    value.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
  );
}

const good: Routes = {
  health: () => ({ headers: plain, body: 'ok\n' }),
  announce: () => announceReply('127.0.0.1'),
  scrape: (_, query) => scrapeReply(hashesIn(query)),
  page: () => ({
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: '<h1>BitTorrent tracker</h1><input value="http://t.example/announce">',
  }),
  other: () => ({ status: 404, headers: plain, body: 'not found\n' }),
  refuse: (target) => {
    if (target.length > 8192) return failure('the request is too long');
    return /[^\x21-\x7e]/.test(target) ? failure('bytes must be escaped') : undefined;
  },
};

export interface FakeGateway {
  /** Without a path. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startFakeGateway(changes: Partial<Routes> = {}): Promise<FakeGateway> {
  const routes = { ...good, ...changes };
  const server = createServer((request, response) => {
    const target = request.url ?? '';
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    const name = /^\/(health|announce|scrape)$/.exec(path)?.[1] as
      'health' | 'announce' | 'scrape' | undefined;
    const route = name ?? (path === '/' ? 'page' : 'other');
    const reply = routes.refuse(target) ?? routes[route](request, query);
    const { status = 200, headers = {}, body } = reply;
    const bytes = Buffer.from(body, 'latin1');
    const length = 'Transfer-Encoding' in headers ? {} : { 'Content-Length': bytes.length };
    response.writeHead(status, { ...headers, ...length }).end(bytes);
  });
  // Node itself takes no byte above 0x7f in a request line.
  server.on('clientError', (_, socket) => {
    const { status = 200, headers = {}, body } = routes.refuse('\xff') ?? { body: '' };
    const lines = Object.entries({ ...headers, 'Content-Length': body.length, Connection: 'close' });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
