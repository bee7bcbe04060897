import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import type { HttpReply } from './edge.js';
import { readPlainRequest, type PlainRequest } from './plain-request.js';
import { badRequestReply } from './raw-reply.js';

/** Whoever a connection belongs to. */
export interface PlainConnectionOwner {
  /** Whether replies are the last ones of their connections from now on. */
  readonly isDraining: boolean;
  /** Never rejects. @param remoteAddress the other end of the connection */
  answer(request: PlainRequest, remoteAddress: string): Promise<HttpReply>;
  /** Takes the connection over, with bytes that arrived on it and were not answered. */
  takeOver(connection: PlainConnection, socket: Socket, unread: Buffer): void;
  onClosed(connection: PlainConnection): void;
}

export interface PlainConnectionLimits {
  /** How long a connection may be open before its first request. */
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

/**
 * A connection for as long as its requests are plain: they are answered here, one after the other, with less work than a whole HTTP
 * server has with them. With the first request that is not plain it is handed to one, for good.
 */
export class PlainConnection {
  #answering = false;
  #hasEnded = false;
  /** What arrived while a reply was awaited. */
  #unread: Buffer | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly limits: PlainConnectionLimits,
    private readonly owner: PlainConnectionOwner,
  ) {
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    socket.setTimeout(limits.headersTimeoutMs);
  }

  /** Whether a request awaits its reply. */
  get isAnswering(): boolean {
    return this.#answering;
  }

  destroy(): void {
    this.socket.destroy();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#answering) {
      this.#unread = this.#unread === undefined ? bytes : Buffer.concat([this.#unread, bytes]);
      // Whoever asks before it is answered waits, and sends no more than fits in between.
      this.socket.pause();
      return;
    }
    const request = readPlainRequest(bytes);
    const { remoteAddress } = this.socket;
    if (request === undefined) this.#handOver(bytes);
    // Without an address the client is gone already.
    else if (remoteAddress === undefined) this.socket.destroy();
    else void this.#answer(request, remoteAddress);
  };

  async #answer(request: PlainRequest, remoteAddress: string): Promise<void> {
    this.#answering = true;
    const reply = await this.owner.answer(request, remoteAddress);
    this.#answering = false;
    if (this.socket.destroyed) return;
    const isLast = !request.keepAlive || this.owner.isDraining;
    const bytes = this.#bytesOf(reply, isLast);
    if (isLast || (this.#hasEnded && this.#unread === undefined)) {
      this.socket.end(bytes);
      return;
    }
    this.socket.write(bytes);
    this.socket.setTimeout(this.limits.keepAliveTimeoutMs);
    if (this.#unread === undefined) return;
    const unread = this.#unread;
    this.#unread = undefined;
    this.#handOver(unread);
  }

  /** Always one write with a Content-Length, never chunked; some clients read nothing else. */
  #bytesOf({ status, body }: HttpReply, isLast: boolean): Buffer {
    const persistence = isLast
      ? 'close'
      : `keep-alive\r\nKeep-Alive: timeout=${Math.floor(this.limits.keepAliveTimeoutMs / 1000)}`;
    const head =
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${body.length}\r\nDate: ${httpDate()}\r\nConnection: ${persistence}\r\n\r\n`;
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    bytes.set(body, head.length);
    return bytes;
  }

  #handOver(unread: Buffer): void {
    const { socket } = this;
    socket.setTimeout(0);
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.owner.takeOver(this, socket, unread);
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (!this.#answering) this.socket.end();
  };

  /** Nothing moved for a while: neither a request, nor the reading of a reply. */
  readonly #onTimeout = (): void => {
    if (this.#answering) return;
    if (this.socket.bytesRead > 0) this.socket.destroy();
    else this.socket.end(badRequestReply('ERR_HTTP_REQUEST_TIMEOUT'), () => this.socket.destroy());
  };

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.owner.onClosed(this);
  };
}

let date = '';
let dateSecond = -1;

/** Now, as HTTP writes it, made once a second. */
function httpDate(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(now).toUTCString();
  }
  return date;
}
