/**
 * A client that sends frames as they are and hands out what comes back, for tests that look at the
 * bytes.
 */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Frame } from './framing.js';
import { encodeFrame, FrameReader, FramingError } from './framing.js';
import { Code, indexAnswer, listBucketsAnswer, listKeysAnswer } from './messages.js';

/** The connection ended before the answer was whole. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';

  /** `received`: bytes that came since the last request was sent. */
  constructor(readonly received: number) {
    super(`the connection ended after ${received} bytes`);
  }
}

/** Says whether a frame is the last of its answer: only listings and index queries have several. */
function isLast(frame: Frame): boolean {
  switch (frame.code) {
    case Code.listBucketsAnswer:
      return listBucketsAnswer.decode(frame.body).done === true;
    case Code.listKeysAnswer:
      return listKeysAnswer.decode(frame.body).done === true;
    case Code.indexAnswer:
      return indexAnswer.decode(frame.body).done === true;
    default:
      return true;
  }
}

interface Waiting {
  readonly resolve: (frames: Frame[]) => void;
  readonly reject: (error: Error) => void;
}

export class RawClient {
  private readonly reader = new FrameReader();
  private frames: Frame[] = [];
  private received = 0;
  private readonly waiting: Waiting[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.take(chunk);
    });
    // 'close' follows and tells whoever waits.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.fail(new ConnectionEnded(this.received));
    });
  }

  /** Rejects if nobody listens on the port. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /**
   * Sends a request and settles with the frames of its answer; several may be under way, they are
   * answered in order.
   */
  ask(code: number, body: Uint8Array = Buffer.alloc(0)): Promise<Frame[]> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) {
        reject(new ConnectionEnded(0));
        return;
      }
      this.received = 0;
      this.waiting.push({ resolve, reject });
      this.socket.write(encodeFrame(code, body));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  private read(chunk: Buffer): Frame[] {
    try {
      return this.reader.push(chunk);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.fail(error);
      this.close();
      return [];
    }
  }

  private take(chunk: Buffer): void {
    this.received += chunk.length;
    for (const frame of this.read(chunk)) {
      this.frames.push(frame);
      if (!isLast(frame)) continue;
      this.waiting.shift()?.resolve(this.frames);
      this.frames = [];
    }
  }
}
