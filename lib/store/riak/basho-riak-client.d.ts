/** The parts of basho-riak-client 2.4.0, and of the logger that it writes to, which this folder uses. Neither package brings types. */

declare module 'basho-riak-client/lib/core/riakconnection.js' {
  import { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  /** What a connection needs of a command to send it. */
  export interface SendableCommand {
    readonly name: string;
    getRiakMessage(): { readonly header: Buffer; readonly protobuf: Buffer | undefined };
  }

  export interface RiakConnectionOptions {
    readonly remoteAddress: string;
    readonly remotePort: number;
    /** Milliseconds of silence after which connecting, TLS and authentication are given up. */
    readonly connectionTimeout: number;
    /** Milliseconds of silence after which a command is given up; 0: never. */
    readonly requestTimeout: number;
    readonly cork: boolean;
    readonly auth?: { readonly user: string; readonly password: string };
    /** A command that must be answered before the connection counts as open. */
    readonly healthCheck?: object;
  }

  /** Emits `connected` once, or `connectFailed` with a reason; later `connectionClosed`. Runs one command at a time. */
  class RiakConnection extends EventEmitter {
    constructor(options: RiakConnectionOptions);
    readonly remoteAddress: string;
    readonly remotePort: number;
    readonly connectionTimeout: number;
    readonly auth?: { readonly user: string; readonly password: string };
    readonly command: SendableCommand;
    readonly closed: boolean;
    protected _connection: Socket | null;
    protected _connectedEmitted: boolean;
    protected _boundConnectionError: ((error?: unknown) => void) | null;
    protected _boundConnectionTimeout: (() => void) | null;
    protected _boundResponseReceived: ((...args: unknown[]) => void) | null;
    connect(): void;
    execute(command: SendableCommand): boolean;
    executeDone(): void;
    close(): void;
    protected _receiveData(chunk: Buffer): void;
    protected _receiveStartTls(
      connection: this,
      command: SendableCommand,
      code: number,
      decoded: unknown,
    ): void;
    protected _receiveAuthResp(...args: unknown[]): void;
    protected _socketError(error?: unknown): void;
    protected _connectionError(reason: unknown): void;
    protected _connectionTimeout(): void;
    protected _connHandleEnd(): void;
    protected _clearSocketTimeout(): void;
    protected _emitAndClose(event: 'connectFailed' | 'connectionClosed', reason?: unknown): void;
  }
  export default RiakConnection;
}

declare module 'basho-riak-client/lib/core/authreq.js' {
  import type { SendableCommand } from 'basho-riak-client/lib/core/riakconnection.js';

  class AuthReq implements SendableCommand {
    constructor(options: { readonly user: string; readonly password: string });
    readonly name: string;
    getRiakMessage(): { readonly header: Buffer; readonly protobuf: Buffer };
  }
  export default AuthReq;
}

declare module 'basho-riak-client/lib/commands/ping.js' {
  class Ping {
    constructor(callback: (error: unknown) => void);
    readonly name: string;
  }
  export default Ping;
}

declare module 'basho-riak-client/lib/protobuf/riakprotobuf.js' {
  /** Bytes, or a 64-bit integer, as protobufjs 5 hands them out. */
  export interface Bytes {
    toBuffer(): Buffer;
  }

  export interface Long {
    toNumber(): number;
  }

  /** A message class: made from plain fields, and read back with repeated fields as arrays and missing ones null. */
  export interface MessageClass<Fields> {
    new (fields: object): { encode(): Bytes };
    decode(body: Buffer): Fields;
  }

  const messages: {
    getProtoFor(nameOrCode: string | number): MessageClass<unknown>;
    getCodeFor(name: string): number;
  };
  export default messages;
}

declare module 'winston' {
  type Write = (format: string, ...values: unknown[]) => void;

  /** The logger that every part of the client writes to. */
  const winston: { error: Write; warn: Write; warning: Write; info: Write; debug: Write };
  export default winston;
}
