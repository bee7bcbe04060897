import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

import { ConnectionLostError, NoAnswerError, ProtocolError } from '../remote/failures.js';

/** One HTTP request, ready to be sent. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ConnectionOptions {
  readonly endpoint: URL;
  readonly ca?: string;
  readonly maxConnections: number;
  readonly idleTimeoutMs: number;
}

/** A page of 1,000 keys or of 1 MB of items is well below this. */
const maxBodyBytes = 16 * 1024 * 1024;

/** What a socket says when the other end is gone, in the middle of an answer too. */
const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/**
 * Connections to one server that are kept between requests. An idle one has no timer, since a
 * process may be frozen: what is too old is dropped when the next request comes.
 */
export class KeptConnections {
  private readonly secure: boolean;
  private readonly agent: http.Agent | https.Agent;
  /** When a socket was last used, by performance.now(). */
  private readonly usedAt = new WeakMap<Socket, number>();

  constructor(private readonly options: ConnectionOptions) {
    const { endpoint, ca, maxConnections } = options;
    this.secure = endpoint.protocol === 'https:';
    const kept: http.AgentOptions = {
      keepAlive: true,
      maxSockets: maxConnections,
      maxFreeSockets: maxConnections,
      scheduling: 'lifo',
    };
    this.agent = this.secure
      ? new https.Agent({ ...kept, ...(ca === undefined ? {} : { ca }) })
      : new http.Agent(kept);
  }

  /**
   * Sends a request once, and gives its answer within `timeoutMs` milliseconds.
   * @throws ConnectionLostError, NoAnswerError, ProtocolError, or what the system says of a
   *   connection that was never opened
   */
  exchange(outgoing: HttpRequest, timeoutMs: number): Promise<HttpAnswer> {
    this.drop((idleMs) => idleMs > this.options.idleTimeoutMs);
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.options.endpoint;
      const { method, path, headers, body } = outgoing;
      const request = (this.secure ? https : http).request({
        // An IPv6 address is in brackets in a URL only.
        hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
        port,
        method,
        path,
        headers,
        agent: this.agent,
      });
      let opened = false;
      let used: Socket | undefined;
      let over: Error | undefined;
      const giveUp = (error: Error): void => {
        over ??= error;
        request.destroy(error);
      };
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(over ?? (opened ? lossOf(error) : error));
      };
      // One look at the socket before the verdict: a process that was frozen finds its timers due
      // before it reads what has come.
      const timer = setTimeout(() => {
        setImmediate(() => {
          giveUp(new NoAnswerError('no answer in time'));
        });
      }, timeoutMs);
      request.once('socket', (socket) => {
        used = socket;
        if (request.reusedSocket) opened = true;
        else socket.once(this.secure ? 'secureConnect' : 'connect', () => (opened = true));
      });
      request.once('response', (response) => {
        const parts: Buffer[] = [];
        let length = 0;
        response.on('data', (part: Buffer) => {
          length += part.length;
          if (length > maxBodyBytes)
            giveUp(new ProtocolError(`an answer of more than ${maxBodyBytes} bytes`));
          else parts.push(part);
        });
        response.once('error', fail);
        response.once('end', () => {
          clearTimeout(timer);
          if (used !== undefined) this.usedAt.set(used, performance.now());
          const { statusCode = 0, headers: answered } = response;
          resolve({ status: statusCode, headers: answered, body: Buffer.concat(parts, length) });
        });
      });
      // More than one may come, and the first is the cause.
      request.on('error', fail);
      request.end(body);
    });
  }

  /**
   * Closes the idle connections: if one was dead when it was used, the others may be as dead and
   * not know it yet.
   */
  dropIdle(): void {
    this.drop(() => true);
  }

  close(): void {
    this.agent.destroy();
  }

  private drop(isUnfit: (idleMs: number) => boolean): void {
    const now = performance.now();
    for (const sockets of Object.values(this.agent.freeSockets)) {
      // The agent takes a socket out of its list when it is destroyed.
      for (const socket of [...(sockets ?? [])]) {
        if (isUnfit(now - (this.usedAt.get(socket) ?? now))) socket.destroy();
      }
    }
  }
}

function lossOf(error: Error): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (lostCodes.has(code)) return new ConnectionLostError(error.message, { cause: error });
  if (code.startsWith('HPE_')) return new ProtocolError('no HTTP', { cause: error });
  return error;
}
