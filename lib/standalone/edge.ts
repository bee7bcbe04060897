/** The edge contract between a gateway and an action, as this gateway keeps it: a request to parameters, a result to a reply. */
import type { WebActionParams, WebActionResult } from '../openwhisk/web-action.js';

/**
 * What OpenWhisk would hand to the action behind its gateway: the request target byte for byte in a header, the client's
 * address in another, and no query.
 * @param target the request target as it was on the request line
 * @param address the client's, without a port
 */
export function webActionParams(target: string, address: string): WebActionParams {
  return {
    __ow_method: 'get',
    __ow_headers: { 'x-original-uri': target, 'x-real-ip': address },
    __ow_path: '',
  };
}

export interface HttpReply {
  readonly status: number;
  /** Base64, as the action gave it: it is decoded where it is written. */
  readonly body: string;
}

/**
 * The reply to the client: the action's status and body. The content type, which is a binary one
 * only to bring the bytes through OpenWhisk unharmed, is left behind.
 * @throws TypeError for anything that is no result of an action
 */
export function httpReply(result: WebActionResult): HttpReply {
  const { statusCode, body } = result;
  if (!Number.isInteger(statusCode) || typeof body !== 'string') {
    throw new TypeError('an action answered without a status or a body');
  }
  return { status: statusCode, body };
}

/** Bytes of a reply's body. */
export function bodyLength({ body }: HttpReply): number {
  return Buffer.byteLength(body, 'base64');
}

/**
 * Writes the body of a reply where there is room for it.
 * @throws TypeError if it is no base64: then a part of the room is as it was
 */
export function writeBody(reply: HttpReply, to: Buffer, at: number): void {
  const length = bodyLength(reply);
  if (to.write(reply.body, at, length, 'base64') !== length)
    throw new TypeError('an action answered with a body that is no base64');
}

/** The body of a reply. @throws TypeError if it is no base64 */
export function bodyOf(reply: HttpReply): Buffer {
  const body = Buffer.allocUnsafe(bodyLength(reply));
  writeBody(reply, body, 0);
  return body;
}
