import { isIP } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

import AuthReq from 'basho-riak-client/lib/core/authreq.js';
import RiakConnection, { type SendableCommand } from 'basho-riak-client/lib/core/riakconnection.js';
import Ping from 'basho-riak-client/lib/commands/ping.js';
import riakprotobuf from 'basho-riak-client/lib/protobuf/riakprotobuf.js';

import { messageOf } from '../../error-message.js';
import type { Command } from './commands.js';
import { ConnectionLostError, ProtocolError, RiakErrorAnswer } from './failures.js';
import { FrameReader, type Frame } from './frame-reader.js';
import { decode } from './messages.js';
import type { RiakAuth, RiakNodeAddress } from './options.js';

/** The result of a command, or why there is none. */
export type Outcome<T> = { readonly result: T } | { readonly failure: Error };

export interface ConnectOptions {
  readonly address: RiakNodeAddress;
  /** Milliseconds of silence after which connecting, TLS and authentication are given up. */
  readonly timeoutMs: number;
  /** True: the node must answer a ping before the connection counts as open. */
  readonly probe: boolean;
  readonly auth?: RiakAuth;
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

/** More than any answer: Riak warns about objects of 5 MB and refuses those of 50 MB; a shard has some kilobytes. */
const maxFrameBytes = 8 * 1024 * 1024;

const errorCode = riakprotobuf.getCodeFor('RpbErrorResp');
const startTlsCode = riakprotobuf.getCodeFor('RpbStartTls');

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
 * A connection to one node: the client's, made safe where it is not.
 * - Bytes that are no answer end the connection; in the client they throw out of the socket's handler and end the process.
 * - Whatever ends it while it opens is reported; the client leaves a reset during TLS or a health check unanswered.
 * - The node's certificate is checked; the client's TLS accepts any.
 * - A closed socket is destroyed; the client waits for the other side's FIN, which a dead node never sends.
 */
export class NodeConnection extends RiakConnection {
  /** Milliseconds of the caller's clock; when it was last put back unused. */
  idleSince = 0;
  private readonly frames = new FrameReader(maxFrameBytes);
  private running: Running | undefined;
  /** Of the socket, or why the connection was ended. */
  private lastError: unknown;

  constructor(
    private readonly options: ConnectOptions,
    private readonly events: ConnectionEvents,
  ) {
    const { address, auth, timeoutMs, probe } = options;
    super({
      remoteAddress: address.host,
      remotePort: address.port,
      connectionTimeout: timeoutMs,
      // Each call has its own deadline, which also ends the connection.
      requestTimeout: 0,
      cork: true,
      // A node that is asked for a password has answered: no need to ping it.
      ...(auth === undefined ? {} : { auth: { user: auth.user, password: auth.password ?? '' } }),
      ...(probe && auth === undefined ? { healthCheck: new Ping(() => undefined) } : {}),
    });
    this.on('connected', () => {
      events.opened();
    });
    this.on('connectFailed', (_connection: unknown, reason: unknown) => {
      events.failed(this.openingError(reason));
    });
    this.on('connectionClosed', (_connection: unknown, reason: unknown) => {
      this.ended(reason);
    });
  }

  /** Sends a command; `done` is called exactly once, after the connection is free again or gone. */
  run<T>(command: Command<T>, done: (outcome: Outcome<T>) => void): void {
    // It may have ended since the caller was given it: a promise settles later than what follows in the same packet is read.
    if (this.closed) {
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
    this.execute(command);
  }

  /** Ends the connection; the command on it, if any, fails for that reason. */
  end(reason: Error): void {
    this._emitAndClose(this._connectedEmitted ? 'connectionClosed' : 'connectFailed', reason);
  }

  override close(): void {
    const socket = this._connection;
    super.close();
    socket?.destroy();
  }

  protected override _receiveData(chunk: Buffer): void {
    if (this.closed) return;
    try {
      const finish = this.take(this.frames.push(chunk));
      if (finish === undefined) return;
      this.running = undefined;
      this.executeDone();
      finish();
    } catch (cause) {
      this.end(
        cause instanceof ProtocolError
          ? cause
          : new ProtocolError('an answer that is not readable', { cause }),
      );
    }
  }

  /**
   * Reads frames; with the last one of an answer, gives what is to be done then.
   * All that came is read before anything is reported: only then is it known that nothing follows the answer.
   */
  private take(frames: readonly Frame[]): (() => void) | undefined {
    let finish: (() => void) | undefined;
    for (const { code, body } of frames) {
      if (!this._connectedEmitted) {
        this.continueOpening(code, body);
        continue;
      }
      const running = this.running;
      if (running === undefined || finish !== undefined) throw new ProtocolError('an answer to no question');
      if (code === errorCode) {
        const failure = riakErrorOf(body);
        finish = () => {
          running.fail(failure);
        };
      } else if (code !== running.answerCode) {
        throw new ProtocolError(`an answer with code ${code}`);
      } else if (running.take(body)) {
        finish = running.done.bind(running);
      }
    }
    if (finish !== undefined && !this.frames.empty) throw new ProtocolError('bytes after an answer');
    return finish;
  }

  /** An answer to what the client itself asks while it opens: TLS, authentication, a ping. */
  private continueOpening(code: number, body: Buffer): void {
    this._clearSocketTimeout();
    const decoded = code === errorCode ? decodeError(body) : null;
    this.emit('responseReceived', this, this.command, code, decoded);
  }

  /** TLS as Riak speaks it: the plain connection is turned into an encrypted one after both sides said StartTls; then comes the password. */
  protected override _receiveStartTls(_connection: this, _command: SendableCommand, code: number): void {
    const { address, auth } = this.options;
    const socket = this._connection;
    this.executeDone();
    this.removeAllListeners('responseReceived');
    if (code !== startTlsCode || socket === null || auth === undefined) {
      this._connectionError(new ProtocolError('the node does not offer TLS'));
      return;
    }
    socket.removeAllListeners('data');
    const secure = connectTls({ ...tlsOptions(address, auth), socket });
    this._connection = secure;
    // The client takes this very listener off again when the password was accepted.
    this._boundConnectionError = this._socketError.bind(this);
    secure.on('error', this._socketError.bind(this));
    secure.on('close', this._boundConnectionError);
    secure.on('end', () => {
      this._connHandleEnd();
    });
    secure.on('data', (chunk: Buffer) => {
      this._receiveData(chunk);
    });
    this._boundConnectionTimeout = this._connectionTimeout.bind(this);
    secure.setTimeout(this.options.timeoutMs, this._boundConnectionTimeout);
    secure.once('secureConnect', () => {
      this._boundResponseReceived = this._receiveAuthResp.bind(this);
      this.on('responseReceived', this._boundResponseReceived);
      this.execute(new AuthReq({ user: auth.user, password: auth.password ?? '' }));
    });
  }

  /** Called with the socket's error, or with the flag of its close event. */
  protected override _socketError(error?: unknown): void {
    if (error instanceof Error) this.lastError = error;
    if (!this._connectedEmitted) this._connectionError(error);
  }

  private ended(reason: unknown): void {
    if (!this._connectedEmitted) {
      this.events.failed(this.openingError(reason));
      return;
    }
    if (reason instanceof Error) this.lastError = reason;
    const running = this.running;
    this.running = undefined;
    this.events.lost(running !== undefined);
    running?.fail(reason instanceof Error ? reason : lostError('the connection was closed', this.lastError));
  }

  private openingError(reason: unknown): Error {
    const where = `${this.remoteAddress}:${this.remotePort}`;
    const cause = reason instanceof Error ? reason : this.lastError;
    const text =
      cause instanceof Error ? messageOf(cause) : typeof reason === 'string' ? reason : 'closed by the node';
    return new ConnectionLostError(
      `no connection to ${where}: ${text}`,
      cause === undefined ? undefined : { cause },
    );
  }
}

function lostError(message: string, cause: unknown): ConnectionLostError {
  return new ConnectionLostError(message, cause === undefined ? undefined : { cause });
}

function riakErrorOf(body: Buffer): RiakErrorAnswer {
  const { errmsg, errcode } = decode('RpbErrorResp', body);
  return new RiakErrorAnswer(errmsg.toBuffer().toString(), errcode);
}

/** An error as the client's own handlers read it. */
function decodeError(body: Buffer): { getErrmsg(): string; getErrcode(): number } {
  const { errmsg, errcode } = decode('RpbErrorResp', body);
  return { getErrmsg: () => errmsg.toBuffer().toString(), getErrcode: () => errcode };
}

/** Without a CA of its own, a node's certificate must be from one that Node trusts. */
function tlsOptions(address: RiakNodeAddress, auth: RiakAuth): ConnectionOptions {
  return {
    host: address.host,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(auth.ca === undefined ? {} : { ca: auth.ca }),
    ...(auth.cert === undefined ? {} : { cert: auth.cert }),
    ...(auth.key === undefined ? {} : { key: auth.key }),
    rejectUnauthorized: auth.verify,
    minVersion: 'TLSv1.2',
  };
}
