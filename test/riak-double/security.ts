/**
 * Riak's security: a connection turns to TLS first (StartTls), then names a user (RpbAuthReq), and
 * only then is served.
 */

import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Frame } from './framing.js';
import { authenticateRequest } from './messages.js';

export interface SecurityOptions {
  /** PEM: the server's key and certificate. */
  readonly key: string;
  readonly cert: string;
  /** PEM: clients must bring a certificate of this authority. */
  readonly clientCa?: string;
  /** User -> password. */
  readonly users: Readonly<Record<string, string>>;
  /** How long a rejected user waits for the answer. Riak takes 5 s; default 0. */
  readonly rejectionDelayMs?: number;
  /**
   * Processor time that a node needs to check a password; Riak needs 350 ms, and none for a client
   * certificate. Default 0.
   */
  readonly passwordCheckMs?: number;
  /**
   * False as a node without ssl.certfile and its like: it closes the connection when TLS is to
   * begin. Default true.
   */
  readonly hasCertificate?: boolean;
}

export class Security {
  private readonly secureContext: SecureContext;
  private readonly authority: X509Certificate | undefined;

  constructor(private readonly options: SecurityOptions) {
    const { key, cert, clientCa } = options;
    this.secureContext = createSecureContext({
      key,
      cert,
      ...(clientCa === undefined ? {} : { ca: clientCa }),
    });
    this.authority = clientCa === undefined ? undefined : new X509Certificate(clientCa);
  }

  get rejectionDelayMs(): number {
    return this.options.rejectionDelayMs ?? 0;
  }

  /** Milliseconds of a node's processor for each login. */
  get checkMs(): number {
    return this.authority === undefined ? (this.options.passwordCheckMs ?? 0) : 0;
  }

  get hasCertificate(): boolean {
    return this.options.hasCertificate ?? true;
  }

  /** The server's side of TLS on a connection that nothing else reads from any more. */
  encrypt(socket: Socket): TLSSocket {
    return new TLSSocket(socket, {
      isServer: true,
      secureContext: this.secureContext,
      requestCert: this.authority !== undefined,
      rejectUnauthorized: false,
    });
  }

  accepts(frame: Frame, socket: Socket): boolean {
    const { user, password } = authenticateRequest.decode(frame.body);
    const known = this.options.users[user?.toString() ?? ''];
    return known !== undefined && known === password?.toString() && this.trusts(socket);
  }

  private trusts(socket: Socket): boolean {
    if (this.authority === undefined) return true;
    if (!(socket instanceof TLSSocket)) return false;
    const shown = socket.getPeerX509Certificate();
    return shown?.checkIssued(this.authority) === true && shown.verify(this.authority.publicKey);
  }
}
