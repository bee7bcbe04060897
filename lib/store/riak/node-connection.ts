import { connect as connectTcp, type Socket } from 'node:net';

import { messageOf } from '../../error-message.js';
import type { Command } from './commands.js';
import { AuthenticationError, RiakErrorAnswer } from './failures.js';
import { ConnectionLostError, ProtocolError } from '../remote/failures.js';
import { FrameReader, type Frame } from './frame-reader.js';
import { Handshake, type HandshakeOptions } from './handshake.js';
import { codeFor, decode } from './messages.js';

/** The result of a command, or why there is none. */
export type Outcome<T> = { readonly result: T } | { readonly failure: Error };

export interface ConnectOptions extends HandshakeOptions {
  /** Milliseconds of silence after which connecting and TLS are given up. */
  readonly timeoutMs: number;
  /** Milliseconds after which a node that was given a password is given up: it may be checking many. */
  readonly loginTimeoutMs: number;
}

/** What happens to a connection; of `failed` and `lost` only one is ever called, once. */
export interface ConnectionEvents {
  /** It can run commands now. */
  opened(): void;
  /** It could not be opened. */
  failed(error: Error): void;
  /** It was open and is no more. `wasRunning`: with a command on it, which is told afterwards. */
  lost(wasRunning: boolean): void;
}

/**
 * More than any answer: Riak warns about objects of 5 MB and refuses those of 50 MB; a shard has
 * some kilobytes.
 */
const maxFrameBytes = 8 * 1024 * 1024;
/**
 * A connection that lies idle is kept alive: a network between may forget it, and a dead node be
 * noticed.
 */
const keepAliveMs = 30_000;

/** The command that an answer is awaited for. */
interface Running {
  readonly answerCode: number;
  /** Takes the body of a frame; true with the last one. */
  take(body: Buffer): boolean;
  /** The last frame was taken. */
  done(): void;
  fail(failure: Error): void;
}

/**
 * A connection to one node. It runs one command at a time.
 *
 * Bytes that are no answer to what was asked end it. Whatever ends it is reported, and its socket
 * is destroyed at once: a dead node never answers a FIN.
 */
export class NodeConnection {
  /** Milliseconds of the caller's clock; when it was last put back unused. */
  idleSince = 0;
  private readonly frames = new FrameReader(maxFrameBytes);
  private readonly handshake: Handshake;
  private state: 'opening' | 'open' | 'closed' = 'opening';
  private socket: Socket | undefined;
  private stopListening: () => void = () => undefined;
  private openingTimer: NodeJS.Timeout | undefined;
  private running: Running | undefined;
  /** Of the socket, or why the connection was ended. */
  private lastError: Error | undefined;

  constructor(
    private readonly options: ConnectOptions,
    private readonly events: ConnectionEvents,
  ) {
    this.handshake = new Handshake(options, {
      send: (frame) => this.socket?.write(frame),
      encrypt: (secure, secured) => {
        this.encrypt(secure, secured);
      },
      done: () => {
        this.open();
      },
    });
  }

  get closed(): boolean {
    return this.state === 'closed';
  }

  connect(): void {
    const { host, port } = this.options.address;
    const socket = connectTcp({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    });
    this.socket = socket;
    this.awaitOpening();
    this.stopListening = this.listen(socket);
    socket.once('connect', () => {
      this.awaitOpening();
      this.handshake.begin();
    });
  }

  /** Sends a command; `done` is called exactly once, after the connection is free again or gone. */
  run<T>(command: Command<T>, done: (outcome: Outcome<T>) => void): void {
    // It may have ended since the caller was given it: a promise settles later than what follows in
    // the same packet is read.
    if (this.state !== 'open') {
      done({ failure: lostError('the connection was closed before it was used', this.lastError) });
      return;
    }
    const read = command.reader();
    let answer: { readonly result: T } | undefined;
    this.running = {
      answerCode: command.answerCode,
      take: (body) => (answer = read(body)) !== undefined,
      done: () => {
        if (answer !== undefined) done(answer);
      },
      fail: (failure) => {
        done({ failure });
      },
    };
    this.socket?.write(command.frame);
  }

  /** Ends the connection; the command on it, if any, fails for that reason. */
  end(reason: Error): void {
    if (this.state === 'closed') return;
    const wasOpen = this.state === 'open';
    this.state = 'closed';
    this.lastError = reason;
    clearTimeout(this.openingTimer);
    this.socket?.destroy();
    const { running } = this;
    this.running = undefined;
    if (!wasOpen) {
      this.events.failed(this.openingError(reason));
      return;
    }
    this.events.lost(running !== undefined);
    running?.fail(reason);
  }

  /** Gives what takes the listeners off again. */
  private listen(socket: Socket): () => void {
    const received = (chunk: Buffer): void => {
      this.receive(chunk);
    };
    const failed = (error: Error): void => {
      this.end(this.state === 'open' ? lostError('the connection was closed', error) : error);
    };
    // The other side's end, too: a node that has nothing more to say serves no command.
    const closed = (): void => {
      this.end(
        lostError(this.state === 'open' ? 'the connection was closed' : 'closed by the node', undefined),
      );
    };
    socket.on('data', received).on('error', failed).on('end', closed).on('close', closed);
    return () => {
      socket.off('data', received).off('error', failed).off('end', closed).off('close', closed);
    };
  }

  private encrypt(secure: (plain: Socket) => Socket, secured: () => void): void {
    const plain = this.socket;
    if (plain === undefined) return;
    this.stopListening();
    // What goes wrong with the plain socket the encrypted one tells.
    plain.on('error', () => undefined);
    const socket = secure(plain);
    this.socket = socket;
    this.stopListening = this.listen(socket);
    socket.once('secureConnect', () => {
      secured();
      this.awaitOpening();
    });
  }

  private open(): void {
    clearTimeout(this.openingTimer);
    this.state = 'open';
    this.events.opened();
  }

  /** Gives up opening if nothing more happens for too long. */
  private awaitOpening(): void {
    const { timeoutMs, loginTimeoutMs } = this.options;
    clearTimeout(this.openingTimer);
    this.openingTimer = setTimeout(
      () => {
        this.end(lostError('no answer in time', undefined));
      },
      this.handshake.isLogin ? loginTimeoutMs : timeoutMs,
    );
  }

  private receive(chunk: Buffer): void {
    if (this.state === 'closed') return;
    try {
      const finish = this.take(this.frames.push(chunk));
      if (finish === undefined) return;
      this.running = undefined;
      finish();
    } catch (cause) {
      const isOwn =
        cause instanceof ProtocolError ||
        cause instanceof RiakErrorAnswer ||
        cause instanceof AuthenticationError;
      this.end(isOwn ? cause : new ProtocolError('an answer that is not readable', { cause }));
    }
  }

  /**
   * Reads frames; with the last one of an answer, gives what is to be done then. All that came is
   * read before anything is reported: only then is it known that nothing follows the answer.
   */
  private take(frames: readonly Frame[]): (() => void) | undefined {
    let finish: (() => void) | undefined;
    for (const frame of frames) {
      if (this.state === 'opening') {
        this.awaitOpening();
        this.handshake.take(frame);
        continue;
      }
      const { code, body } = frame;
      const running = this.running;
      if (running === undefined || finish !== undefined) throw new ProtocolError('an answer to no question');
      if (code === codeFor('RpbErrorResp')) {
        const failure = riakErrorOf(body);
        finish = () => {
          running.fail(failure);
        };
      } else if (code !== running.answerCode) {
        throw new ProtocolError(`an answer with code ${code}`);
      } else if (running.take(body)) {
        finish = () => {
          running.done();
        };
      }
    }
    if (finish !== undefined && !this.frames.empty) throw new ProtocolError('bytes after an answer');
    return finish;
  }

  private openingError(reason: Error): Error {
    if (reason instanceof AuthenticationError) return reason;
    const { host, port } = this.options.address;
    return new ConnectionLostError(`no connection to ${host}:${port}: ${messageOf(reason)}`, {
      cause: reason,
    });
  }
}

function lostError(message: string, cause: unknown): ConnectionLostError {
  return new ConnectionLostError(message, cause === undefined ? undefined : { cause });
}

function riakErrorOf(body: Buffer): RiakErrorAnswer {
  const { errmsg, errcode } = decode('RpbErrorResp', body);
  return new RiakErrorAnswer(errmsg?.toString() ?? '', errcode ?? 0);
}
