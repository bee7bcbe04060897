import type { Socket } from 'node:net';

import type { Linked } from '../linked-list.js';
import { readPlainRequest, type PlainRequest } from './plain-request.js';
import { badRequestReply } from './raw-reply.js';
import type { ReplyHeads } from './reply-heads.js';

/** Whoever a connection belongs to. */
export interface PlainConnectionOwner {
  /** Whether replies are the last ones of their connections from now on. */
  readonly isDraining: boolean;
  readonly heads: ReplyHeads;
  /** The body of the reply to a request. @param remoteAddress the other end of the connection */
  answer(request: PlainRequest, remoteAddress: string): Promise<Buffer>;
  /** The body of the reply if that throws or rejects. */
  failure(error: unknown): Buffer;
  /** Takes the connection over, paused; what arrived on it and was not answered is yet to be read from it. */
  takeOver(connection: PlainConnection, socket: Socket): void;
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
export class PlainConnection implements Linked<PlainConnection> {
  before: PlainConnection | undefined;
  after: PlainConnection | undefined;
  #answering = false;
  #hasAnswered = false;
  #hasEnded = false;

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
      // Whoever asks before it is answered waits, and sends no more than fits in between.
      this.#putBack(bytes);
      return;
    }
    const request = readPlainRequest(bytes);
    const { remoteAddress } = this.socket;
    if (request === undefined) {
      this.#putBack(bytes);
      this.#handOver();
    }
    // Without an address the client is gone already.
    else if (remoteAddress === undefined) this.socket.destroy();
    else this.#answer(request, remoteAddress);
  };

  #answer(request: PlainRequest, remoteAddress: string): void {
    this.#answering = true;
    const fail = (error: unknown): void => {
      this.#reply(request, this.owner.failure(error));
    };
    try {
      this.owner.answer(request, remoteAddress).then((body) => {
        this.#reply(request, body);
      }, fail);
    } catch (error) {
      fail(error);
    }
  }

  #reply(request: PlainRequest, body: Buffer): void {
    this.#answering = false;
    if (this.socket.destroyed) return;
    const isLast = !request.keepAlive || this.owner.isDraining;
    const bytes = this.#bytesOf(body, isLast);
    if (isLast || this.#hasEnded) {
      this.#end(bytes, !request.keepAlive);
      return;
    }
    // What is left of a reply beside whole segments goes out at once when the connection ends, else when the client has confirmed the others.
    if (!this.#hasAnswered) this.socket.setNoDelay(true);
    const isTaken = this.socket.write(bytes);
    // From then on whatever moves begins it anew.
    if (!this.#hasAnswered) this.socket.setTimeout(this.limits.keepAliveTimeoutMs);
    this.#hasAnswered = true;
    if (this.socket.readableLength > 0) this.#handOver();
    else if (!isTaken) this.#waitUntilRead();
  }

  /**
   * Whoever asks for the end of the connection sends nothing more (RFC 9112, 9.6), so it is not waited for. If it does send more, to close with bytes
   * unread may lose the reply.
   */
  #end(bytes: Buffer, isAskedFor: boolean): void {
    const { socket } = this;
    if (!isAskedFor || socket.readableLength > 0) {
      socket.end(bytes);
      return;
    }
    socket.write(bytes);
    // As a rule the system has taken all of it, and sends it with the end.
    if (socket.writableLength === 0) socket.destroy();
    else socket.destroySoon();
  }

  /** To the socket's own buffer, where it is read from later, and before the client's end: as long as something is there, that is not told. */
  #putBack(bytes: Buffer): void {
    this.socket.pause();
    this.socket.unshift(bytes);
  }

  /** Whoever does not read replies is not asked for more: they would pile up here, and each request would begin the time anew in which nothing moves. */
  #waitUntilRead(): void {
    this.socket.pause();
    this.socket.once('drain', () => this.socket.resume());
  }

  /** Always one write with a Content-Length, never chunked; some clients read nothing else. */
  #bytesOf(body: Buffer, isLast: boolean): Buffer {
    const head = this.owner.heads.of(200, body.length, isLast);
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    bytes.set(body, head.length);
    return bytes;
  }

  #handOver(): void {
    const { socket } = this;
    socket.setTimeout(0);
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.owner.takeOver(this, socket);
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    // To end it twice would make an error, with its stack, that nobody sees: a tenth of the time that a connection takes.
    if (!this.#answering && !this.socket.writableEnded) this.socket.end();
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
