/** What is refused before any route sees it: the rules of the HTTP server that the controller is built on. */

import type { Reply } from './replies.js';
import { textReply } from './replies.js';

const LONGEST_URI = 8192;
const LONGEST_HEADER_NAME = 64;
const LONGEST_HEADER_VALUE = 8192;
const MOST_HEADERS = 64;

/**
 * @param target as on the request line
 * @param rawHeaders name, value, name, value ... in Latin-1
 * @returns the refusal; undefined if the request may go on
 */
export function refusalOf(target: string, rawHeaders: readonly string[]): Reply | undefined {
  if (target.length > LONGEST_URI) {
    return textReply(414, `URI length exceeds the configured limit of ${LONGEST_URI} characters`);
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(target)) return textReply(400, 'Illegal request-target: Invalid escape');
  if (/[[\]{}|"<>^\\`]|[^\x21-\x7e]/.test(target)) return textReply(400, 'Illegal request-target');
  if (rawHeaders.length / 2 > MOST_HEADERS) {
    return textReply(400, `HTTP message contains more than the configured limit of ${MOST_HEADERS} headers`);
  }
  for (const [index, text] of rawHeaders.entries()) {
    const isName = index % 2 === 0;
    const limit = isName ? LONGEST_HEADER_NAME : LONGEST_HEADER_VALUE;
    if (text.length > limit) {
      const what = isName ? 'name' : 'value';
      return textReply(431, `HTTP header ${what} exceeds the configured limit of ${limit} characters`);
    }
    if (/[\x80-\xff]/.test(text)) return textReply(400, 'Illegal character in header value');
  }
  return undefined;
}
