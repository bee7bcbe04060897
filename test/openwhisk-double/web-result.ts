/** What the client gets of a web action's result. */

import { isObject, type Json } from './json.js';
import { emptyReply, errorReply, jsonReply, type Reply } from './replies.js';

const NOT_HTTP = "Response is not valid 'message/http'.";
const UNKNOWN_TYPE = 'Response did not specify a known content-type.';
const WRONG_TYPE = 'Response type in header did not match generated content type.';

/**
 * Types of which the controller knows that they are text, beside text/...: their bodies are not
 * base64.
 */
const TEXT_TYPES = new Set([
  'application/javascript',
  'application/xml',
  'application/x-www-form-urlencoded',
  'image/svg+xml',
]);

class InvalidResultError extends Error {
  override readonly name = 'InvalidResultError';
}

/** A result as `{statusCode, headers, body}`; what is none becomes a 400. */
export function httpReply(result: Json, transactionId: string): Reply {
  try {
    if (!isObject(result)) throw new InvalidResultError(NOT_HTTP);
    const headers = headersOf(result['headers']);
    const status = statusOf(result['statusCode']);
    const { body } = result;
    if (body === undefined || body === null || body === '') {
      return emptyReply(status ?? 204, withoutType(headers));
    }
    return bodyReply(status ?? 200, headers, body);
  } catch (error) {
    if (!(error instanceof InvalidResultError)) throw error;
    return errorReply(400, error.message, transactionId);
  }
}

function statusOf(status: Json | undefined): number | undefined {
  if (status === undefined) return undefined;
  const code = typeof status === 'string' && /^\d+$/.test(status) ? Number(status) : status;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 100 || code > 999) {
    throw new InvalidResultError(NOT_HTTP);
  }
  return code;
}

function headersOf(headers: Json | undefined): [string, string][] {
  if (headers === undefined) return [];
  if (!isObject(headers)) throw new InvalidResultError(NOT_HTTP);
  return Object.entries(headers).flatMap(([name, value]) => headerLines(name, value));
}

/** A list of values becomes several headers. */
function headerLines(name: string, value: Json): [string, string][] {
  if (Array.isArray(value)) return (value as Json[]).flatMap((one) => headerLines(name, one));
  if (value === null || typeof value === 'object') throw new InvalidResultError(NOT_HTTP);
  return [[name, String(value)]];
}

function withoutType(headers: readonly [string, string][]): [string, string][] {
  return headers.filter(([name]) => name.toLowerCase() !== 'content-type');
}

function bodyReply(status: number, headers: readonly [string, string][], body: Json): Reply {
  const given = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const others = withoutType(headers);
  if (typeof body !== 'string') {
    const type = mediaType(given ?? 'application/json');
    if (!isJsonType(type)) throw new InvalidResultError(WRONG_TYPE);
    return type === 'application/json'
      ? jsonReply(status, body, others)
      : { status, headers: [...others, ['Content-Type', type]], body: Buffer.from(JSON.stringify(body)) };
  }
  const type = mediaType(given ?? 'text/html');
  if (isText(type)) {
    return {
      status,
      headers: [...others, ['Content-Type', isJsonType(type) ? type : `${type}; charset=UTF-8`]],
      // Whatever it was before it became JSON: now it is the UTF-8 of its characters.
      body: isJsonType(type) && isBase64(body) ? Buffer.from(body, 'base64') : Buffer.from(body, 'utf8'),
    };
  }
  if (!isBase64(body)) throw new InvalidResultError(WRONG_TYPE);
  return { status, headers: [...others, ['Content-Type', type]], body: Buffer.from(body, 'base64') };
}

function mediaType(text: string): string {
  const type = text.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(type)) throw new InvalidResultError(UNKNOWN_TYPE);
  return type;
}

function isJsonType(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

function isText(type: string): boolean {
  return type.startsWith('text/') || isJsonType(type) || TEXT_TYPES.has(type);
}

/** As a strict decoder sees it: whole groups of four, or no padding at all. */
function isBase64(text: string): boolean {
  return (
    /^[A-Za-z0-9+/]*={0,2}$/.test(text) &&
    (text.includes('=') ? text.length % 4 === 0 : text.length % 4 !== 1)
  );
}
