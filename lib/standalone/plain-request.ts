/**
 * Most requests to a tracker are plain: one small GET that arrives whole and alone, with headers that ask for nothing special. This reads
 * those, and only those. Whatever it does not recognise, to the last byte, is for a whole HTTP server to judge.
 */
export interface PlainRequest {
  readonly action: 'announce' | 'scrape';
  /** The request target, byte for byte. */
  readonly target: string;
  /** The header X-Forwarded-For, all lines of it joined with commas. */
  readonly forwardedFor: string | undefined;
  /** Whether the connection stays open after the reply. */
  readonly keepAlive: boolean;
}

/** @param bytes all that has arrived on a connection since the last reply */
export function readPlainRequest(bytes: Buffer): PlainRequest | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  const [, target, action, headers] = PLAIN.exec(bytes.toString('latin1')) ?? [];
  if (target === undefined || headers === undefined) return undefined;
  let hasHost = false;
  let keepAlive = true;
  let forwardedFor: string | undefined;
  for (let at = 0; at < headers.length;) {
    const colon = headers.indexOf(':', at);
    const end = headers.indexOf('\r', colon);
    const name = headers.slice(at, colon).toLowerCase();
    at = end + 2;
    if (name === 'host') {
      if (hasHost) return undefined;
      hasHost = true;
    } else if (name === 'connection') {
      const value = headers
        .slice(colon + 1, end)
        .trim()
        .toLowerCase();
      if (value === 'close') keepAlive = false;
      else if (value !== 'keep-alive') return undefined;
    } else if (name === 'x-forwarded-for') {
      const value = headers.slice(colon + 1, end).trim();
      forwardedFor = forwardedFor === undefined ? value : `${forwardedFor},${value}`;
    } else if (!HARMLESS.has(name)) {
      return undefined;
    }
  }
  if (!hasHost) return undefined;
  return { action: action === 'scrape' ? 'scrape' : 'announce', target, forwardedFor, keepAlive };
}

const MOST_BYTES = 8192;

/** No space before a colon, no folded line, no control character, and nothing behind the empty line. */
const PLAIN = /^GET (\/(announce|scrape)\?[!-~]*) HTTP\/1\.1\r\n((?:[A-Za-z0-9-]+:[ -~]*\r\n)+)\r\n$/;

/** Headers that change nothing for a tracker. Those of a body, an upgrade or an expectation are not among them. */
const HARMLESS: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'pragma',
  'user-agent',
  'want-digest',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]);
