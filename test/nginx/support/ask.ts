/** Requests to the gateway, written as bytes. */
import bencode from 'bencode';
import { exchange } from '../../support/raw-http.js';

export interface Reply {
  readonly status: number;
  /** Names in lower case; of a name that came twice, both values with a comma between. */
  readonly headers: ReadonlyMap<string, string>;
  /** Latin-1. */
  readonly body: string;
}

export interface Question {
  readonly method?: string;
  /** tracker.example if not given. */
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** @param target as it goes on the request line, Latin-1 */
export async function ask(
  port: number,
  target: string,
  { method = 'GET', host = 'tracker.example', headers = [], body = '' }: Question = {},
): Promise<Reply> {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers];
  return parseReply(await exchange(port, `${lines.join('\r\n')}\r\n\r\n${body}`));
}

/** @throws Error if that is no HTTP reply, or one cut short */
export function parseReply(text: string): Reply {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine) ?? [];
  if (end < 0 || status === undefined) throw new Error(`no HTTP reply: ${JSON.stringify(text)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before},${value}`);
  }
  return { status: Number(status), headers, body: text.slice(end + 4) };
}

export interface Failure {
  readonly 'failure reason': string;
  readonly 'retry in'?: number | string;
}

/**
 * The failure that a client would show.
 * @throws Error if the reply is none that a client can read
 */
export function failureOf(reply: Reply): Failure {
  if (reply.status !== 200) throw new Error(`status ${reply.status}: ${reply.body}`);
  if (reply.headers.get('content-type') !== 'text/plain') throw new Error('not text/plain');
  if (Number(reply.headers.get('content-length')) !== reply.body.length)
    throw new Error('not the length of the body');
  const decoded = bencode.decode(Buffer.from(reply.body, 'latin1')) as Record<string, unknown>;
  // The decoder is lenient, a client may not be.
  if (Buffer.from(bencode.encode(decoded)).toString('latin1') !== reply.body)
    throw new Error(`not canonical: ${reply.body}`);
  if (!('failure reason' in decoded)) throw new Error(`no failure: ${reply.body}`);
  return Object.fromEntries(
    Object.entries(decoded).map(([key, value]) => [key, textOrNumber(value)]),
  ) as unknown as Failure;
}

function textOrNumber(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
}
