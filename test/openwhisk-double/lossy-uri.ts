/**
 * Queries and paths as the controller sees them: decoded as UTF-8, where malformed bytes become
 * U+FFFD, and rendered again from that. What was binary is lost.
 */

export type QueryPairs = readonly (readonly [key: string, value: string | undefined])[];

/** Kept as they are when a query is rendered; a space becomes `+`, all else `%XX` of its UTF-8. */
const KEPT_IN_QUERY = /[A-Za-z0-9._~!$'()*,@:/?-]/;
const KEPT_IN_PATH = /[A-Za-z0-9._~!$&'()*+,;=@:/-]/;

/** @param query without the question mark; its escapes must be well-formed */
export function decodeQuery(query: string): QueryPairs {
  if (query === '') return [];
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return [decode(pair, true), undefined];
    return [decode(pair.slice(0, equals), true), decode(pair.slice(equals + 1), true)];
  });
}

export function renderQuery(pairs: QueryPairs): string {
  const encode = (text: string): string => render(text, KEPT_IN_QUERY).replaceAll('%20', '+');
  return pairs
    .map(([key, value]) => (value === undefined ? encode(key) : `${encode(key)}=${encode(value)}`))
    .join('&');
}

/** A path decoded and rendered again. */
export function lossyPath(path: string): string {
  return render(decode(path, false), KEPT_IN_PATH);
}

function decode(text: string, plusIsSpace: boolean): string {
  const bytes = Buffer.from(plusIsSpace ? text.replaceAll('+', ' ') : text, 'latin1');
  const decoded: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.readUInt8(at);
    decoded.push(byte === PERCENT ? parseInt(bytes.toString('latin1', at + 1, at + 3), 16) : byte);
    if (byte === PERCENT) at += 2;
  }
  return Buffer.from(decoded).toString('utf8');
}

function render(text: string, kept: RegExp): string {
  const escape = (character: string): string =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join('');
  return Array.from(text, (character) => (kept.test(character) ? character : escape(character))).join('');
}

const PERCENT = 0x25;
