import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Linked } from '../../lib/linked-list.js';

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

  readonly #onReplyClosed = (): void => {
    this.#openReplies -= 1;
  };
}
