import type { Socket } from 'node:net';

import type { Linked } from '../linked-list.js';
import { badRequest, missingHost, notAllowed, tooLate, tooLong, type Reply } from './reply.js';
import type { ReplyHeads } from './reply-heads.js';
import { RequestBody } from './request-body.js';
import { readRequestHead, type BadHead, type RequestHead } from './request-head.js';

/** Whoever a connection belongs to. */
export interface ConnectionOwner {
  /** Whether replies are the last ones of their connections from now on. */
  readonly isDraining: boolean;
  readonly heads: ReplyHeads;
  /** Has `connection.reply` called, once, now or later. */
  answer(request: RequestHead, connection: Connection): void;
  onClosed(connection: Connection): void;
}

export interface ConnectionLimits {
  /** For the head of a request to arrive. */
  readonly headersTimeoutMs: number;
  /** For all of a request to arrive, and for a reply to be read. */
  readonly requestTimeoutMs: number;
  /** For the next request to begin. */
  readonly keepAliveTimeoutMs: number;
}

/** How long a connection stays open after its last reply, for the client to read that. */
const LINGER_MS = 1000;

/**
 * A connection of a client. Requests are answered one after the other: what comes while one is
 * answered, or while a reply is not read, waits here, at most as much as the system hands over at
 * once; the rest waits in the system, and then with the client. So there is one open reply a
 * connection, whatever a client sends.
 */
export class Connection implements Linked<Connection> {
  before: Connection | undefined;
  after: Connection | undefined;
  /** What has arrived of requests that are not answered yet. */
  #received: Buffer | undefined;
  /** The rest of a request that is answered. */
  #body: RequestBody | undefined;
  #request: RequestHead | undefined;
  #state: 'reading' | 'answering' | 'writing' | 'closing' = 'reading';
  #isHeld = false;
  #hasEnded = false;
  #hasReplied = false;
  /** When it is over with what the connection is at, as performance.now counts. */
  #dueAt: number;
  /** What is late then: a request, or nothing but the wish for one. */
  #isRequestDue = true;

  constructor(
    readonly socket: Socket,
    private readonly limits: ConnectionLimits,
    private readonly owner: ConnectionOwner,
  ) {
    this.#dueAt = performance.now() + limits.headersTimeoutMs;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  /** Whether a request awaits its reply. */
  get isAnswering(): boolean {
    return this.#state === 'answering';
  }

  get isGone(): boolean {
    return this.socket.destroyed;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Reads nothing more, from the reply to the present request on, until `release`. */
  hold(): void {
    this.#isHeld = true;
    this.socket.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#readOn();
  }

  /** To be called now and then. @param now as performance.now counts */
  closeIfDue(now: number): void {
    if (now < this.#dueAt || this.#state === 'answering') return;
    if (this.#state === 'reading' && this.#isRequestDue && !this.#hasEnded) this.#refuse(tooLate);
    else this.socket.destroy();
  }

  /** Sends the reply to the request that the owner was given last. */
  reply(reply: Reply): void {
    const request = this.#request;
    this.#request = undefined;
    if (this.#state !== 'answering' || request === undefined || this.socket.destroyed) return;
    const { keepAlive, method } = request;
    const isLast = !keepAlive || reply.isLast === true || this.owner.isDraining || this.#isOver();
    const bytes = this.#bytesOf(reply, isLast, method === 'HEAD');
    if (isLast) {
      this.#end(bytes, !keepAlive);
      return;
    }
    // What is left of a reply beside whole segments goes out at once when the connection ends, else
    // when the client has confirmed the others. Most connections have one reply: it would be a call
    // of the system for nothing.
    if (!this.#hasReplied) this.socket.setNoDelay(true);
    this.#hasReplied = true;
    this.#state = 'writing';
    if (this.socket.write(bytes)) this.#onWritten();
    else {
      this.#dueAt = performance.now() + this.limits.requestTimeoutMs;
      this.socket.pause();
      this.socket.once('drain', this.#onWritten);
    }
  }

  /** Whether the client has said that nothing more comes, and all that came is answered. */
  #isOver(): boolean {
    return this.#hasEnded && this.#received === undefined;
  }

  readonly #onWritten = (): void => {
    this.#state = 'reading';
    if (this.#isOver()) this.#close();
    else if (this.#received === undefined || this.#isHeld) {
      this.#expectNext();
      this.#resumeIfReading();
    }
    // All other connections come first.
    else setImmediate(this.#readOn);
  };

  readonly #readOn = (): void => {
    if (this.#state !== 'reading' || this.#isHeld || this.socket.destroyed) return;
    this.#read();
    this.#resumeIfReading();
  };

  #resumeIfReading(): void {
    if (this.#state === 'reading' && !this.#isHeld && this.socket.isPaused()) this.socket.resume();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#state === 'closing') return;
    this.#received = this.#received === undefined ? bytes : Buffer.concat([this.#received, bytes]);
    if (this.#state === 'reading' && !this.#isHeld) this.#read();
    // Whoever sends more before it is answered waits.
    else this.socket.pause();
  };

  /** Reads what has arrived, up to the first request. */
  #read(): void {
    if (!this.#passBody() || this.#received === undefined) return;
    const head = readRequestHead(this.#received);
    if (head === undefined) {
      if (this.#hasEnded) this.#refuse(badRequest);
      // Of a first request the time has begun with the connection.
      else if (!this.#isRequestDue) this.#expect(this.limits.headersTimeoutMs, true);
      return;
    }
    if (typeof head === 'string') {
      this.#refuse(refusals[head]);
      return;
    }
    const rest = this.#received.subarray(head.end);
    this.#received = rest.length === 0 ? undefined : rest;
    this.#isRequestDue = head.bodyLength !== 0;
    if (this.#isRequestDue) {
      this.#body = new RequestBody(head.bodyLength);
      this.#dueAt = performance.now() + this.limits.requestTimeoutMs;
    }
    if (head.method === 'CONNECT') {
      this.#refuse(notAllowed);
      return;
    }
    this.#state = 'answering';
    this.#request = head;
    this.owner.answer(head, this);
  }

  /** @returns whether a request may follow: no body is left */
  #passBody(): boolean {
    if (this.#body === undefined) return true;
    const read = this.#body.read(this.#received ?? NOTHING);
    if (read === undefined) {
      this.#refuse(badRequest);
      return false;
    }
    this.#received = read.rest.length === 0 ? undefined : read.rest;
    if (!read.isOver) {
      if (this.#hasEnded) this.#close();
      return false;
    }
    this.#body = undefined;
    this.#isRequestDue = false;
    if (this.#received !== undefined) return true;
    if (this.#hasEnded) this.#close();
    else this.#expectNext();
    return false;
  }

  #expectNext(): void {
    // A body that is not there yet is still due.
    if (this.#body !== undefined) this.#expect(this.limits.requestTimeoutMs, true);
    else this.#expect(this.limits.keepAliveTimeoutMs, false);
  }

  #expect(withinMs: number, isRequestDue: boolean): void {
    this.#dueAt = performance.now() + withinMs;
    this.#isRequestDue = isRequestDue;
  }

  #refuse(reply: Reply): void {
    this.#end(this.#bytesOf(reply, true, false), false);
  }

  /**
   * Whoever asks for the end of the connection sends nothing more (RFC 9112, 9.6), so it is not
   * waited for. All others may: a connection that is closed with bytes unread is reset, and the
   * reply may be lost with it.
   */
  #end(bytes: Buffer, isAskedFor: boolean): void {
    const { socket } = this;
    const isAllRead = this.#received === undefined && this.#body === undefined;
    this.#state = 'closing';
    this.#received = undefined;
    if (!isAskedFor || !isAllRead || socket.readableLength > 0) {
      socket.end(bytes);
      this.#linger();
      return;
    }
    socket.write(bytes);
    this.#dueAt = performance.now() + this.limits.requestTimeoutMs;
    // As a rule the system has taken all of it, and sends it with the end.
    if (socket.writableLength === 0) socket.destroy();
    else socket.destroySoon();
  }

  #close(): void {
    this.#state = 'closing';
    this.socket.end();
    this.#linger();
  }

  /**
   * What still comes is read and forgotten; a reply that is not taken yet has the time that others
   * have.
   */
  #linger(): void {
    const { socket, limits } = this;
    const ms = socket.writableLength > 0 ? limits.requestTimeoutMs : LINGER_MS;
    this.#dueAt = performance.now() + ms;
    socket.resume();
  }

  /** Always one write with a Content-Length, never chunked; some clients read nothing else. */
  #bytesOf(reply: Reply, isLast: boolean, isHead: boolean): Buffer {
    const { status, body, headers, isShared = false } = reply;
    if (isHead) {
      // Of what was not run nobody knows a length.
      const length = body.length === 0 ? undefined : body.length;
      return Buffer.from(this.owner.heads.of(status, length, isLast, headers), 'latin1');
    }
    if (isShared) return this.owner.heads.shared(reply, isLast);
    const head = this.owner.heads.of(status, body.length, isLast, headers);
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    body.copy(bytes, head.length);
    return bytes;
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#state !== 'reading') return;
    if (this.#received === undefined) this.#close();
    else this.#read();
  };

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  readonly #onClose = (): void => {
    this.owner.onClosed(this);
  };
}

const refusals: Readonly<Record<BadHead, Reply>> = {
  'not HTTP': badRequest,
  'too long': tooLong,
  'missing Host': missingHost,
};

const NOTHING = Buffer.alloc(0);
