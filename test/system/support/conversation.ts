import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { readAllReplies, readReply, type HttpReply } from './http-replies.js';

/** Bytes to and from the tracker on one connection, for what no HTTP client would send. */
export class Conversation {
  readonly #chunks: Buffer[] = [];
  readonly #ended: Promise<unknown>;
  #onSomething: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#onSomething();
    });
    socket.once('end', () => {
      this.#onSomething();
    });
    this.#ended = new Promise((resolve) => socket.once('close', resolve));
    void this.#ended.then(() => {
      this.#onSomething();
    });
    // A tracker that has had enough may reset the connection: what it said before counts.
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<Conversation> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    // Whoever is done talking when the tracker is closes too.
    socket.once('end', () => socket.end());
    return new Conversation(socket);
  }

  /** @param bytes text stands for its Latin-1 bytes */
  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Whether the tracker has ended the connection. */
  get isOver(): boolean {
    return this.socket.readableEnded || this.socket.closed;
  }

  /** What came up to now. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /**
   * The first `count` replies, which must be whole; later calls do not see them again.
   * @throws Error if they do not come within `deadlineMs` milliseconds, or the tracker closes
   *   before; BadReplyError for anything but replies
   */
  async next(count: number, deadlineMs: number): Promise<HttpReply[]> {
    const deadline = performance.now() + deadlineMs;
    const replies: HttpReply[] = [];
    for (;;) {
      const received = this.received;
      let at = 0;
      for (let read = readReply(received, at); read !== undefined; read = readReply(received, at)) {
        replies.push(read.reply);
        at = read.end;
        if (replies.length === count) break;
      }
      this.#chunks.splice(0, this.#chunks.length, received.subarray(at));
      if (replies.length === count) return replies;
      if (this.isOver || performance.now() > deadline) {
        throw new Error(
          `${replies.length} replies of ${count}, then ${JSON.stringify(this.received.toString('latin1'))}`,
        );
      }
      await this.somethingOr(delay(100));
    }
  }

  /** Waits for more bytes or the end of the connection, but no longer than for `other`. */
  async somethingOr(other: Promise<unknown>): Promise<void> {
    if (this.isOver) return;
    const something = new Promise<void>((resolve) => {
      this.#onSomething = resolve;
    });
    await Promise.race([something, other]);
  }

  /**
   * All replies, when the tracker has closed the connection.
   * @throws Error if it does not within `deadlineMs` milliseconds; BadReplyError for anything but
   *   whole replies
   */
  async untilClosed(deadlineMs: number): Promise<HttpReply[]> {
    const timer = new AbortController();
    const late = delay(deadlineMs, true, { signal: timer.signal }).catch(() => false);
    const isLate = await Promise.race([this.#ended.then(() => false), late]);
    timer.abort();
    this.socket.destroy();
    if (isLate) {
      const text = JSON.stringify(this.received.toString('latin1'));
      throw new Error(`still open after ${deadlineMs} ms, after ${text}`);
    }
    return readAllReplies(this.received);
  }
}

/** Sends bytes, and gives all replies that came until the tracker closed the connection. */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  deadlineMs = 3000,
): Promise<HttpReply[]> {
  const conversation = await Conversation.open(port);
  conversation.send(bytes);
  return conversation.untilClosed(deadlineMs);
}
