/**
 * The routes of web actions: /api/v1/web/<namespace>/<package>/<action>. Only the extension
 * `.http`, or none.
 */

import type { Activation } from './activations.js';
import type { Controller } from './controller.js';
import { isTruthy, type ActionEntity } from './entities.js';
import { isObject } from './json.js';
import { emptyReply, errorReply, Rejection, type Reply } from './replies.js';
import type { Request } from './requests.js';
import { webParameters } from './web-parameters.js';
import { httpReply } from './web-result.js';

const ROUTE = /^\/api\/v1\/web\/([^/]+)\/([^/]+)\/([^/]+)(\/.*)?$/;
const METHODS = ['OPTIONS', 'GET', 'DELETE', 'POST', 'PUT', 'HEAD', 'PATCH'];

export function isWebRoute(path: string): boolean {
  return ROUTE.test(path);
}

/** @throws Rejection */
export async function serveWebAction(controller: Controller, request: Request): Promise<Reply> {
  const [, namespace, packageName = '', name = '', rest = ''] = ROUTE.exec(request.path) ?? [];
  if (!METHODS.includes(request.method)) throw new Rejection(405, 'HTTP method not allowed.');
  const action = exported(controller, namespace, packageName, name.replace(/\.http$/, ''));
  // Before the secret is looked at: whoever reaches the controller uses up the limits.
  controller.throttles.admit();
  if (isTruthy(action.annotations, 'web-custom-options')) {
    if (request.method !== 'OPTIONS') requireAuthentication(action, request);
    return invokeFor(controller, action, request, rest);
  }
  const cors = corsHeaders(request);
  if (request.method === 'OPTIONS') return emptyReply(200, cors);
  const reply = await refusable(request, () => {
    requireAuthentication(action, request);
    return invokeFor(controller, action, request, rest);
  });
  return { ...reply, headers: [...cors, ...reply.headers] };
}

/** The action, if it is there and a web action. */
function exported(
  { settings, entities }: Controller,
  namespace: string | undefined,
  packageName: string,
  name: string,
): ActionEntity {
  const qualified = packageName === 'default' ? name : `${packageName}/${name}`;
  const action = namespace === settings.namespace ? entities.actions.get(qualified) : undefined;
  if (action === undefined || !isTruthy(action.annotations, 'web-export')) {
    throw new Rejection(404, 'The requested resource does not exist.');
  }
  return action;
}

/** @throws Rejection 401 */
function requireAuthentication(action: ActionEntity, request: Request): void {
  const secret = action.annotations['require-whisk-auth'];
  if (secret === undefined || secret === false) return;
  // `true` asks for a user of OpenWhisk, and who comes here is none.
  const expected = typeof secret === 'string' || typeof secret === 'number' ? String(secret) : undefined;
  if (expected === undefined || request.headers['x-require-whisk-auth'] !== expected) {
    throw new Rejection(401, 'The supplied authentication is invalid.');
  }
}

async function invokeFor(
  controller: Controller,
  action: ActionEntity,
  request: Request,
  rest: string,
): Promise<Reply> {
  const bound = controller.entities.boundParameters(action);
  const parameters = webParameters(request, rest, action, bound);
  const invocation = controller.invoke(action, parameters, request.transactionId, true);
  const activation = await controller.outcomeInTime(invocation);
  const reply = replyOf(activation, request.transactionId);
  return {
    ...reply,
    headers: [['x-openwhisk-activation-id', invocation.activationId], ...reply.headers],
  };
}

function replyOf(activation: Activation | undefined, transactionId: string): Reply {
  if (activation === undefined) return errorReply(202, 'Response not yet ready.', transactionId);
  const { status, result } = activation;
  switch (status) {
    case 'success':
      return httpReply(result, transactionId);
    case 'application error':
      return httpReply(isObject(result) ? (result['error'] ?? null) : null, transactionId);
    case 'action developer error':
    case 'whisk internal error':
      return errorReply(400, 'There was an error processing your request.', transactionId);
  }
}

function corsHeaders(request: Request): Reply['headers'] {
  const asked = request.headers['access-control-request-headers'];
  return [
    ['Access-Control-Allow-Origin', '*'],
    ['Access-Control-Allow-Methods', METHODS.join(', ')],
    [
      'Access-Control-Allow-Headers',
      asked ?? 'Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent',
    ],
  ];
}

/** Refusals within a web action's route get its headers, too. */
async function refusable(request: Request, serve: () => Promise<Reply>): Promise<Reply> {
  try {
    return await serve();
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return errorReply(error.status, error.message, request.transactionId);
  }
}
