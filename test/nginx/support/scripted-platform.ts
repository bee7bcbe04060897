/** A server in the place of OpenWhisk that answers as a test says and remembers what it was asked. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** In lower case; of a name that came twice, both values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly socket: Socket;
}

export class ScriptedPlatform {
  readonly requests: RecordedRequest[] = [];
  #answer: RequestListener = trackerReply('d8:completei1ee');

  private constructor(private readonly server: Server) {
    server.on('request', (request, reply) => {
      this.requests.push(recorded(request));
      this.#answer(request, reply);
    });
  }

  static async start(): Promise<ScriptedPlatform> {
    const server = createServer({ maxHeaderSize: 64 * 1024 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedPlatform(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on. */
  answerWith(answer: RequestListener): void {
    this.#answer = answer;
  }

  /** The newest request. */
  get last(): RecordedRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('the platform was not asked');
    return last;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

/** What the controller makes of an action's reply. */
export function trackerReply(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): RequestListener {
  return (_request, reply) => {
    reply.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': Buffer.byteLength(body),
      ...corsHeaders,
      ...headers,
    });
    reply.end(body);
  };
}

/** An answer of the platform itself. */
export function platformAnswer(status: number, error: string): RequestListener {
  const body = JSON.stringify({ code: 'c0ffee', error });
  return (_request, reply) => {
    reply.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      ...corsHeaders,
    });
    reply.end(body);
  };
}

const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH',
  'Access-Control-Allow-Headers': 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
  'X-Request-ID': 'request-1',
  'X-OpenWhisk-Activation-Id': 'activation-1',
};

function recorded(request: IncomingMessage): RecordedRequest {
  const headers = new Map<string, string[]>();
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = String(request.rawHeaders[i]).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), String(request.rawHeaders[i + 1])]);
  }
  return { method: request.method ?? '', target: request.url ?? '', headers, socket: request.socket };
}
