/** What a web action gets of a request. */

import type { ActionEntity } from './entities.js';
import { isTruthy } from './entities.js';
import { isObject, parseJson, type Json, type JsonObject } from './json.js';
import { decodeQuery, lossyPath, renderQuery } from './lossy-uri.js';
import { Rejection } from './replies.js';
import type { Request } from './requests.js';

const RESERVED = ['__ow_method', '__ow_headers', '__ow_path', '__ow_user', '__ow_query', '__ow_body'];

/**
 * @param rest what follows the action's name in the path
 * @param bound what is bound to the action
 * @throws Rejection 400 if the request sets what it may not
 */
export function webParameters(
  request: Request,
  rest: string,
  action: ActionEntity,
  bound: JsonObject,
): JsonObject {
  const pairs = decodeQuery(request.query);
  const context = {
    __ow_method: request.method.toLowerCase(),
    __ow_headers: request.headers,
    __ow_path: lossyPath(rest),
  };
  if (isTruthy(action.annotations, 'raw-http')) {
    return { ...context, __ow_query: renderQuery(pairs), __ow_body: opaqueBody(request) };
  }
  const query = Object.fromEntries(pairs.map(([key, value]) => [key, value ?? '']));
  const body = parsedBody(request);
  const given: JsonObject = { ...query, ...(isObject(body) ? body : {}) };
  const fixed = isTruthy(action.annotations, 'final') ? [...RESERVED, ...Object.keys(bound)] : RESERVED;
  if (fixed.some((name) => name in given)) {
    throw new Rejection(400, 'Request defines parameters that are not allowed (e.g., reserved properties).');
  }
  return { ...context, ...given, ...(body === undefined || isObject(body) ? {} : { __ow_body: body }) };
}

/** Of an action without raw-http; undefined if there is none. */
function parsedBody(request: Request): Json | undefined {
  if (request.body.length === 0) return undefined;
  const type = contentTypeOf(request);
  if (type === 'application/x-www-form-urlencoded') {
    return Object.fromEntries(
      decodeQuery(request.body.toString('latin1')).map(([key, value]) => [key, value ?? '']),
    );
  }
  if (type !== 'application/json' && !type.endsWith('+json')) return opaqueBody(request);
  try {
    return parseJson(request.body.toString());
  } catch {
    throw new Rejection(400, 'The request content was malformed.');
  }
}

function opaqueBody(request: Request): string {
  const type = contentTypeOf(request);
  const isText = type.startsWith('text/') || type.endsWith('+json') || type.endsWith('urlencoded');
  return request.body.toString(isText || request.body.length === 0 ? 'utf8' : 'base64');
}

function contentTypeOf(request: Request): string {
  return (request.headers['content-type'] ?? 'application/octet-stream').split(';')[0]?.trim() ?? '';
}
