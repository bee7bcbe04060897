/** A request as the routes see it. */

import type { IncomingMessage } from 'node:http';
import { Rejection } from './replies.js';

export interface Request {
  readonly method: string;
  /** As on the request line, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names in lower case; of several with one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Names the request in the controller's log: the client's X-Request-ID if there is one. */
  readonly transactionId: string;
}

/** @throws Rejection 413 if the body is longer than `maxBytes` */
export async function readRequest(message: IncomingMessage, id: string, maxBytes: number): Promise<Request> {
  const target = message.url ?? '';
  const mark = target.indexOf('?');
  const headers = lastValues(message.rawHeaders);
  return {
    method: message.method ?? '',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    body: await readBody(message, maxBytes),
    transactionId: headers['x-request-id'] ?? id,
  };
}

function lastValues(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers[(rawHeaders[at] ?? '').toLowerCase()] = rawHeaders[at + 1] ?? '';
  }
  return headers;
}

async function readBody(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk);
  }
  if (length > maxBytes) {
    throw new Rejection(413, `The size of the request entity is ${length} bytes, more than ${maxBytes}.`);
  }
  return Buffer.concat(chunks);
}
