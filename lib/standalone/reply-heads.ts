import { STATUS_CODES } from 'node:http';

/** The heads of replies. Of one second most are alike, so each is made once. */
export class ReplyHeads {
  readonly #persistence: string;
  #second = -1;
  #date = '';
  readonly #heads = new Map<number, string>();

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
    const now = this.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(now).toUTCString();
      this.#heads.clear();
    }
    if (headers !== undefined) return this.#make(status, length, isLast, headers);
    const key = ((length ?? -1) * 2 + (isLast ? 1 : 0)) * STATUSES + status;
    let head = this.#heads.get(key);
    if (head === undefined) {
      head = this.#make(status, length, isLast, PLAIN_TEXT);
      this.#heads.set(key, head);
    }
    return head;
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
