/**
 * What is refused before any route sees it: the rules of the HTTP server that the controller is
 * built on.
 */

import type { Reply } from './replies.js';
import { textReply } from './replies.js';

const MAX_URI = 8192;
const MAX_HEADER_NAME = 64;
const MAX_HEADER_VALUE = 8192;
/**
 * Of the 64 that the server counts one is the empty line at their end. Host and Connection count.
 */
const MAX_HEADERS = 63;

/** A name or an address, an IPv6 one in brackets, and perhaps a port. */
const HOST = /^(?:[^\s:[\]]*|\[[\da-fA-F:.]+\])(?::\d{0,5})?$/;

/**
 * @param target as on the request line
 * @param rawHeaders name, value, name, value ... in Latin-1
 * @returns the refusal; undefined if the request may go on
 */
export function refusalOf(target: string, rawHeaders: readonly string[]): Reply | undefined {
  if (target.length > MAX_URI) {
    return textReply(414, `URI length exceeds the configured limit of ${MAX_URI} characters`);
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(target)) return textReply(400, 'Illegal request-target: Invalid escape');
  if (/[[\]{}|"<>^\\`]|[^\x21-\x7e]/.test(target)) return textReply(400, 'Illegal request-target');
  if (rawHeaders.length / 2 > MAX_HEADERS) {
    return textReply(400, `HTTP message contains more than the configured limit of 64 headers`);
  }
  const host = rawHeaders.find((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'host');
  if (host !== undefined && !HOST.test(host)) return textReply(400, "Illegal 'host' header");
  for (const [index, text] of rawHeaders.entries()) {
    const isName = index % 2 === 0;
    const limit = isName ? MAX_HEADER_NAME : MAX_HEADER_VALUE;
    if (text.length > limit) {
      const what = isName ? 'name' : 'value';
      return textReply(431, `HTTP header ${what} exceeds the configured limit of ${limit} characters`);
    }
    if (/[\x80-\xff]/.test(text)) return textReply(400, 'Illegal character in header value');
  }
  return undefined;
}
