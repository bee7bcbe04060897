import { STATUS_CODES } from 'node:http';

import type { Reply } from './reply.js';

/** The heads of replies. Of one second most are alike, so each is made once. */
export class ReplyHeads {
  readonly #persistence: string;
  #second = -1;
  #date = '';
  readonly #heads = new Map<number, string>();
  /** Of shared bodies the whole replies: the first one with keep-alive, the second one without. */
  #shared = new WeakMap<Buffer, [Buffer?, Buffer?]>();

  /** @param keepAliveTimeoutMs what clients are told */
  constructor(
    keepAliveTimeoutMs: number,
    private readonly now: () => number = Date.now,
  ) {
    this.#persistence = `keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1000)}`;
  }

  /**
   * Status line and headers, with the empty line behind them.
   * @param length bytes of the body; undefined if nobody knows, of a reply to HEAD
   * @param isLast whether the connection is closed after this reply
   * @param headers in the place of the Content-Type that most replies have
   */
  of(
    status: number,
    length: number | undefined,
    isLast: boolean,
    headers?: Readonly<Record<string, string>>,
  ): string {
    this.#look();
    if (headers !== undefined) return this.#make(status, length, isLast, headers);
    const key = ((length ?? -1) * 2 + (isLast ? 1 : 0)) * STATUSES + status;
    let head = this.#heads.get(key);
    if (head === undefined) {
      head = this.#make(status, length, isLast, PLAIN_TEXT);
      this.#heads.set(key, head);
    }
    return head;
  }

  /** A reply whose body others get as well, in the same bytes within a second. */
  shared({ status, body, headers }: Reply, isLast: boolean): Buffer {
    this.#look();
    const known = this.#shared.get(body) ?? [];
    this.#shared.set(body, known);
    return (known[isLast ? 1 : 0] ??= Buffer.concat([
      Buffer.from(this.of(status, body.length, isLast, headers), 'latin1'),
      body,
    ]));
  }

  /** Forgets what has an old date. */
  #look(): void {
    const now = this.now();
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#date = new Date(now).toUTCString();
    this.#heads.clear();
    this.#shared = new WeakMap();
  }

  #make(
    status: number,
    length: number | undefined,
    isLast: boolean,
    headers: Readonly<Record<string, string>>,
  ): string {
    return [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      // A reply of this status has to say it (RFC 9110, 15.5.6).
      ...(status === METHOD_NOT_ALLOWED ? ['Allow: GET, HEAD'] : []),
      ...(length === undefined ? [] : [`Content-Length: ${length}`]),
      `Date: ${this.#date}`,
      `Connection: ${isLast ? 'close' : this.#persistence}`,
      '\r\n',
    ].join('\r\n');
  }
}

const PLAIN_TEXT = { 'Content-Type': 'text/plain' };
const METHOD_NOT_ALLOWED = 405;

/** More than there are. */
const STATUSES = 1000;
