/** A call of the API, and what the routes of all kinds of entities have in common. */

import type { Alarms } from './alarms.js';
import type { Controller } from './controller.js';
import type { JsonObject } from './json.js';
import { jsonReply, Rejection, type Reply } from './replies.js';

/** A call, taken apart. */
export interface ApiCall {
  readonly method: string;
  /** Of the entity: `name`, or `package/name` of an action; empty for the collection. */
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  /** False: somebody else's namespace, of which only the packages of the system can be used. */
  readonly own: boolean;
  readonly transactionId: string;
}

export interface Api {
  readonly controller: Controller;
  readonly alarms: Alarms | undefined;
}

/** The entity of that name. @throws Rejection 404 */
export function found<T>(entities: ReadonlyMap<string, T>, { name, own }: ApiCall): T {
  const entity = own ? entities.get(name) : undefined;
  if (entity === undefined) throw new Rejection(404, 'The requested resource does not exist.');
  return entity;
}

/** What a PUT replaces. @throws Rejection 409 if it is there and may not be overwritten */
export function before<T>(entities: ReadonlyMap<string, T>, { name, flags, own }: ApiCall): T | undefined {
  if (!own) {
    throw new Rejection(403, 'The supplied authentication is not authorized to access this resource.');
  }
  const entity = entities.get(name);
  if (entity !== undefined && flags['overwrite'] !== 'true') {
    throw new Rejection(409, 'resource already exists');
  }
  return entity;
}

/** A page of a collection, newest first, by the flags `limit` and `skip`. */
export function listReply(entities: readonly JsonObject[], { flags }: ApiCall): Reply {
  const skip = Number(flags['skip'] ?? 0);
  const limit = Number(flags['limit'] ?? 30) || 200;
  return jsonReply(200, [...entities].reverse().slice(skip, skip + limit));
}

export function notAllowed(): never {
  throw new Rejection(405, 'HTTP method not allowed.');
}
