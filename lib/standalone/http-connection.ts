import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Linked } from '../linked-list.js';

/** How long a connection stays open after it was refused, for the client to read why. */
const LINGER_MS = 1000;

const CONNECTION = Symbol('connection');

interface Known extends Duplex {
  [CONNECTION]?: HttpConnection;
}

/**
 * A connection that Node's HTTP server has. That sends the replies to requests that came together one after the other, but does not tell when all of
 * them are sent: a reply that waits for another one never closes if the client is gone.
 */
export class HttpConnection implements Linked<HttpConnection> {
  before: HttpConnection | undefined;
  after: HttpConnection | undefined;
  #openReplies = 0;
  #refusal: string | undefined;

  constructor(readonly socket: Duplex) {
    (socket as Known)[CONNECTION] = this;
  }

  static of(socket: Duplex): HttpConnection | undefined {
    return (socket as Known)[CONNECTION];
  }

  /** Whether a request awaits its reply. Means nothing when the connection is closed. */
  get isAnswering(): boolean {
    return this.#openReplies > 0;
  }

  /** Counts a reply until all of it is sent. */
  count(reply: ServerResponse): void {
    this.#openReplies += 1;
    reply.on('close', this.#onReplyClosed);
  }

  /**
   * Refuses what came last, and ends the connection: when what came before is answered, as the client takes the first reply for that to its first
   * request. Nothing is sent if the connection ends with one of those. Only the first refusal counts.
   * @param reply raw
   */
  refuse(reply: string): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = reply;
    if (!this.isAnswering) this.#end(reply);
  }

  readonly #onReplyClosed = (): void => {
    this.#openReplies -= 1;
    if (this.#refusal !== undefined && !this.isAnswering) this.#end(this.#refusal);
  };

  #end(reply: string): void {
    const { socket } = this;
    if (!socket.writable) return;
    socket.end(reply);
    // A connection that is closed with bytes unread is reset, and the reply may be lost with it.
    socket.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }
}
