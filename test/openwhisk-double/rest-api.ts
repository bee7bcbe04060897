/** The API for users: /api/v1/namespaces/..., with their key. */

import { notAllowed, type Api, type ApiCall } from './api-call.js';
import { isObject, parseJson, type JsonObject } from './json.js';
import { decodeQuery } from './lossy-uri.js';
import { jsonReply, Rejection, type Reply } from './replies.js';
import type { Request } from './requests.js';
import { serveActions } from './rest-actions.js';
import { serveActivations } from './rest-activations.js';
import { servePackages } from './rest-packages.js';
import { serveRules } from './rest-rules.js';
import { serveTriggers } from './rest-triggers.js';

const NAMESPACES = '/api/v1/namespaces';
const SYSTEM = 'whisk.system';

const collections: Readonly<Record<string, (api: Api, call: ApiCall) => Reply | Promise<Reply>>> = {
  packages: servePackages,
  actions: serveActions,
  triggers: serveTriggers,
  rules: serveRules,
  activations: serveActivations,
  limits: serveLimits,
};

export function isApiRoute(path: string): boolean {
  return path === NAMESPACES || path.startsWith(`${NAMESPACES}/`);
}

/** @throws Rejection */
export async function serveApi(api: Api, request: Request): Promise<Reply> {
  const { namespace: ownName, auth } = api.controller.settings;
  if (request.headers['authorization'] !== `Basic ${Buffer.from(auth).toString('base64')}`) {
    throw new Rejection(401, 'The supplied authentication is invalid.');
  }
  const path = decodeURIComponent(request.path.slice(NAMESPACES.length));
  const [, namespace = '', collection = '', ...name] = path.split('/');
  if (namespace === '') return jsonReply(200, [ownName]);
  const own = namespace === '_' || namespace === ownName;
  if (!own && namespace !== SYSTEM) {
    throw new Rejection(403, 'The supplied authentication is not authorized to access this resource.');
  }
  const serve = collections[collection];
  if (serve === undefined) throw new Rejection(404, 'The requested resource does not exist.');
  return serve(api, {
    method: request.method,
    name: name.join('/'),
    flags: Object.fromEntries(decodeQuery(request.query).map(([key, value]) => [key, value ?? ''])),
    body: bodyOf(request),
    own,
    transactionId: request.transactionId,
  });
}

/** The limits of the user's namespace. */
function serveLimits({ controller }: Api, { method, own }: ApiCall): Reply {
  if (method !== 'GET' || !own) notAllowed();
  const { invocationsPerMinute, concurrentInvocations } = controller.settings;
  return jsonReply(200, { invocationsPerMinute, concurrentInvocations, firesPerMinute: 60 });
}

function bodyOf({ body }: Request): JsonObject {
  if (body.length === 0) return {};
  try {
    const json = parseJson(body.toString());
    if (isObject(json)) return json;
  } catch {
    // Refused as what is JSON, but no object.
  }
  throw new Rejection(400, 'The request content was malformed.');
}
