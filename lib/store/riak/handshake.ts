/**
 * What is said on a connection before the first command: TLS and the password where a user is
 * given, a ping where one is asked for.
 */
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

import { AuthenticationError, RiakErrorAnswer } from './failures.js';
import { ProtocolError } from '../remote/failures.js';
import { codeFor, decode, encode, encodeBare } from './messages.js';
import type { Frame } from './frame-reader.js';
import type { RiakAuth, RiakNodeAddress } from './options.js';

export interface HandshakeOptions {
  readonly address: RiakNodeAddress;
  /** True: the node must answer a ping before the connection counts as open. */
  readonly probe: boolean;
  readonly auth?: RiakAuth;
}

export interface HandshakeSteps {
  /** What the node is asked now, in plain or over TLS. */
  send(frame: Buffer): void;
  /** Goes on over TLS; `secured` is called when both sides are. */
  encrypt(socket: (plain: Socket) => Socket, secured: () => void): void;
  /** All was said: commands may follow. */
  done(): void;
}

export class Handshake {
  /** The node checks the password: that takes its processor time, and is not to be asked for twice. */
  isLogin = false;
  private awaited: 'nothing' | 'tls' | 'login' | 'ping' = 'nothing';

  constructor(
    private readonly options: HandshakeOptions,
    private readonly steps: HandshakeSteps,
  ) {}

  /** The socket is connected. */
  begin(): void {
    const { auth, probe } = this.options;
    if (auth !== undefined) this.ask('tls', encodeBare('RpbStartTls'));
    // A node that is asked for a password has answered: no need to ping it.
    else if (probe) this.ask('ping', encodeBare('RpbPingReq'));
    else this.steps.done();
  }

  /**
   * Takes what the node has answered.
   * @throws AuthenticationError if it refuses the user, ProtocolError or RiakErrorAnswer for any
   *   other answer that does not fit
   */
  take({ code, body }: Frame): void {
    const { awaited } = this;
    this.awaited = 'nothing';
    if (code === codeFor('RpbErrorResp')) throw this.refusal(awaited, body);
    if (awaited === 'tls' && code === codeFor('RpbStartTls')) this.secure();
    else if (awaited === 'login' && code === codeFor('RpbAuthResp')) this.finish();
    else if (awaited === 'ping' && code === codeFor('RpbPingResp')) this.finish();
    else throw new ProtocolError(`an answer with code ${code} while the connection opens`);
  }

  private ask(awaited: 'tls' | 'login' | 'ping', frame: Buffer): void {
    this.awaited = awaited;
    this.steps.send(frame);
  }

  private finish(): void {
    this.isLogin = false;
    this.steps.done();
  }

  private secure(): void {
    const { address, auth } = this.options;
    if (auth === undefined) throw new ProtocolError('TLS that nobody asked for');
    this.steps.encrypt(
      (socket) => connectTls({ ...tlsOptions(address, auth), socket }),
      () => {
        this.isLogin = true;
        const user = Buffer.from(auth.user);
        this.ask('login', encode('RpbAuthReq', { user, password: Buffer.from(auth.password ?? '') }));
      },
    );
  }

  private refusal(awaited: string, body: Buffer): Error {
    const { errmsg, errcode } = decode('RpbErrorResp', body);
    const answer = new RiakErrorAnswer(errmsg?.toString() ?? '', errcode ?? 0);
    if (awaited === 'login') {
      return new AuthenticationError(
        `Riak refuses the user ${this.options.auth?.user ?? ''}: ${answer.message}`,
        {
          cause: answer,
        },
      );
    }
    if (awaited === 'tls')
      return new ProtocolError(`the node does not offer TLS: ${answer.message}`, { cause: answer });
    return answer;
  }
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
