/**
 * The edge contract between a gateway and an action.
 *
 * OpenWhisk's controller destroys binary queries: it decodes them as UTF-8 before the action sees
 * them. So the gateway sends no query, but the request target byte for byte in X-Original-URI, and
 * the client's address in X-Real-IP. The reply is base64 under a binary content type, which the
 * controller passes on unharmed; the gateway re-labels it text/plain.
 */
import type { RunIds } from './run.js';

/** What the controller hands to a web action, as far as it is used here. */
export interface WebActionParams {
  readonly __ow_method?: unknown;
  /** Names in lower case, one value a name. */
  readonly __ow_headers?: unknown;
  readonly [parameter: string]: unknown;
}

export interface WebActionResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

/**
 * A web action: never rejects, as the controller would make an empty 204 of that.
 * @param run what the log lines of this run are to have
 */
export type WebAction = (params: WebActionParams, run?: RunIds) => Promise<WebActionResult>;

/** One header of a web action's request. */
export function headerOf(params: WebActionParams, name: string): string | undefined {
  const headers = params.__ow_headers;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const value = (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

export function webActionResult(body: Buffer): WebActionResult {
  return { statusCode: 200, headers: BINARY, body: body.toString('base64') };
}

/**
 * A failure looks like any reply but for this header, by which the gateway keeps it out of its
 * cache and knows its health.
 */
export function failureResult(body: Buffer): WebActionResult {
  return { statusCode: 200, headers: BINARY_FAILURE, body: body.toString('base64') };
}

/** The same result with one more header. */
export function withHeader(result: WebActionResult, name: string, value: string): WebActionResult {
  return { ...result, headers: { ...result.headers, [name]: value } };
}

const BINARY = { 'Content-Type': 'application/octet-stream' };
const BINARY_FAILURE = { ...BINARY, 'Cache-Control': 'no-store' };
