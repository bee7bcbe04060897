/**
 * The head of an HTTP/1 request (RFC 9112), as far as a tracker needs it, read strictly: what is
 * odd is refused.
 */
import { METHODS } from 'node:http';

export interface RequestHead {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly target: string;
  readonly host: string | undefined;
  /** The header X-Forwarded-For, all lines of it joined with commas. */
  readonly forwardedFor: string | undefined;
  /** All headers as they were sent, each line with its end; see {@link headerOf}. */
  readonly headers: string;
  /** Whether the client wants the connection to stay open after the reply. */
  readonly keepAlive: boolean;
  /** Bytes of the body that follows, or {@link CHUNKED}. */
  readonly bodyLength: number;
  /** Bytes up to the end of the head, empty lines before it included. */
  readonly end: number;
}

/** A body whose length its chunks say. */
export const CHUNKED = -1;

/** Why a head is refused: what it is not, or what it is too much of. */
export type BadHead = 'not HTTP' | 'too long' | 'missing Host';

/** Request line and headers together. The longest scrape that is answered in full is half of it. */
const MAX_HEAD_BYTES = 16_384;

/** @param bytes from where a request begins. @returns undefined if the head is not whole yet */
export function readRequestHead(bytes: Buffer): RequestHead | BadHead | undefined {
  let start = 0;
  // Empty lines before a request are to be ignored (RFC 9112, 2.2).
  while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  const blank = bytes.indexOf(BLANK_LINE, start);
  if (blank < 0) return checkPart(bytes, start);
  const end = blank + BLANK_LINE.length;
  if (end > MAX_HEAD_BYTES) return 'too long';
  const [, method, target, minor, headers] = HEAD.exec(bytes.toString('latin1', start, end)) ?? [];
  if (method === undefined || target === undefined || headers === undefined) return 'not HTTP';
  if (!KNOWN_METHODS.has(method) || !(TARGET.test(target) || method === 'CONNECT')) return 'not HTTP';
  return readHeaders(headers, { method, target, isOld: minor === '0', end });
}

/** What is no request, whatever comes next, is refused at once: nobody would send the rest. */
function checkPart(bytes: Buffer, start: number): BadHead | undefined {
  if (bytes.length > MAX_HEAD_BYTES) return 'too long';
  const beginning = bytes.toString('latin1', start, start + MAX_CHECKED_BYTES);
  return PART.test(beginning) ? undefined : 'not HTTP';
}

function readHeaders(
  headers: string,
  { method, target, isOld, end }: { method: string; target: string; isOld: boolean; end: number },
): RequestHead | BadHead {
  let host: string | undefined;
  let forwardedFor: string | undefined;
  let connection = '';
  let length: string | undefined;
  let coding: string | undefined;
  for (let at = 0; at < headers.length;) {
    const colon = headers.indexOf(':', at);
    const lineEnd = headers.indexOf('\r', colon);
    const name = headers.slice(at, colon).toLowerCase();
    at = lineEnd + 2;
    if (!READ.has(name)) continue;
    const value = headers.slice(colon + 1, lineEnd).trim();
    if (name === 'host') {
      if (host !== undefined) return 'not HTTP';
      host = value;
    } else if (name === 'connection') {
      connection = `${connection},${value.toLowerCase()}`;
    } else if (name === 'x-forwarded-for') {
      forwardedFor = forwardedFor === undefined ? value : `${forwardedFor},${value}`;
    } else if (name === 'content-length') {
      if (length !== undefined) return 'not HTTP';
      length = value;
    } else {
      coding = coding === undefined ? value : `${coding},${value}`;
    }
  }
  if (host === undefined && !isOld) return 'missing Host';
  const bodyLength = bodyLengthOf(length, coding, isOld);
  if (bodyLength === undefined) return 'not HTTP';
  const keepAlive = isOld ? has(connection, 'keep-alive') : !has(connection, 'close');
  return { method, target, host, forwardedFor, headers, keepAlive, bodyLength, end };
}

/**
 * A header that is seldom asked for, all lines of it joined with commas.
 * @param name in lower case
 */
export function headerOf({ headers }: Pick<RequestHead, 'headers'>, name: string): string | undefined {
  const values = headers
    .split('\r\n')
    .filter((line) => line.slice(0, line.indexOf(':')).toLowerCase() === name)
    .map((line) => line.slice(name.length + 1).trim());
  return values.length === 0 ? undefined : values.join(',');
}

/**
 * @returns undefined if nobody can say where the body ends (RFC 9112, 6.3), or two could differ on
 *   it
 */
function bodyLengthOf(
  length: string | undefined,
  coding: string | undefined,
  isOld: boolean,
): number | undefined {
  if (coding !== undefined) {
    const isChunked = /(^|,)\s*chunked$/i.test(coding);
    return isChunked && length === undefined && !isOld ? CHUNKED : undefined;
  }
  if (length === undefined) return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function has(list: string, word: string): boolean {
  return list !== '' && list.split(',').some((entry) => entry.trim() === word);
}

const CR = 0x0d;
const LF = 0x0a;
const BLANK_LINE = Buffer.from('\r\n\r\n');
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** The headers that a tracker reads: all others change nothing. */
const READ: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'x-forwarded-for',
  'content-length',
  'transfer-encoding',
]);

/**
 * No space before a colon, no folded line, no bare CR or LF, no control character but a tab in a
 * value.
 */
const HEAD =
  /^([A-Z-]+) ([!-~]+) HTTP\/1\.([01])\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*)\r\n$/;

/** A path, a whole URL, or the server itself. */
const TARGET = /^(?:[/*]|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/;

/**
 * What may become a head. Only its beginning is looked at: it comes in as many parts as its sender
 * likes.
 */
const PART =
  /^(?:\r$|[A-Z-]{0,20}(?:$|(?<=[A-Z-]) [!-~]*(?:$| [HTP/.0-9]{0,8}(?:$|\r(?:$|\n[\t -~\x80-\xff\r\n]*$)))))/;
const MAX_CHECKED_BYTES = 1024;
