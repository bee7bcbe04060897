/** What the double answers over HTTP. */

import type { Json } from './json.js';

export interface Reply {
  readonly status: number;
  /** Names may repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/**
 * A request that is refused. The body is `{error, code}` as with every error of the controller's
 * routes.
 */
export class Rejection extends Error {
  override readonly name = 'Rejection';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function jsonReply(status: number, json: Json, headers: Reply['headers'] = []): Reply {
  const body = Buffer.from(JSON.stringify(json));
  return { status, headers: [...headers, ['Content-Type', 'application/json']], body };
}

/** @param transactionId names the request in the controller's log */
export function errorReply(
  status: number,
  message: string,
  transactionId: string,
  headers: Reply['headers'] = [],
): Reply {
  return jsonReply(status, { code: transactionId, error: message }, headers);
}

export function textReply(status: number, text: string): Reply {
  return { status, headers: [['Content-Type', 'text/plain; charset=UTF-8']], body: Buffer.from(text) };
}

export function emptyReply(status: number, headers: Reply['headers'] = []): Reply {
  return { status, headers, body: Buffer.alloc(0) };
}
