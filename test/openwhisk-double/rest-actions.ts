import { activationJson, newActivationId, type Activation } from './activations.js';
import { ALARM_FEEDS } from './alarms.js';
import type { Controller } from './controller.js';
import { actionJson, isTruthy, nextVersion, type ActionEntity, type ActionLimits } from './entities.js';
import { fromKeyValues, isObject, textOf, type Json, type JsonObject } from './json.js';
import { jsonReply, Rejection, type Reply } from './replies.js';
import { before, found, listReply, notAllowed, type Api, type ApiCall } from './api-call.js';
import { DEFAULT_KIND, KINDS } from './runtimes.js';

const DEFAULT_LIMITS: ActionLimits = { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 };

export async function serveActions(api: Api, call: ApiCall): Promise<Reply> {
  const { controller } = api;
  const { entities, settings } = controller;
  if (call.method === 'GET' && (call.name === '' || call.name.endsWith('/'))) {
    const actions =
      call.name === '' ? [...entities.actions.values()] : entities.actionsOf(call.name.slice(0, -1));
    return listReply(
      actions.map((action) => actionJson(action, settings.namespace, false)),
      call,
    );
  }
  switch (call.method) {
    case 'PUT':
      return jsonReply(200, put(controller, call));
    case 'GET': {
      const action = found(entities.actions, call);
      const merged = { ...action, parameters: entities.boundParameters(action) };
      return jsonReply(200, actionJson(merged, settings.namespace, call.flags['code'] !== 'false'));
    }
    case 'DELETE': {
      const action = found(entities.actions, call);
      entities.actions.delete(call.name);
      return jsonReply(200, actionJson(action, settings.namespace, true));
    }
    case 'POST':
      if (!call.own && ALARM_FEEDS.includes(call.name)) return callFeed(api, call);
      return invoke(controller, found(entities.actions, call), call);
    default:
      return notAllowed();
  }
}

function put(controller: Controller, call: ApiCall): JsonObject {
  const { entities, settings } = controller;
  const old = before(entities.actions, call);
  const slash = call.name.indexOf('/');
  const packageName = call.name.slice(0, Math.max(slash, 0));
  if (packageName !== '' && !entities.packages.has(packageName)) {
    throw new Rejection(404, 'The requested resource does not exist.');
  }
  const { body } = call;
  const annotations = { ...old?.annotations, ...fromKeyValues(body['annotations']) };
  const exec = execOf(body['exec'], old);
  const action: ActionEntity = {
    name: call.name.slice(slash + 1),
    package: packageName,
    version: nextVersion(old),
    publish: body['publish'] === true,
    parameters: 'parameters' in body ? fromKeyValues(body['parameters']) : (old?.parameters ?? {}),
    // A new action does not get the key unless it says so.
    annotations: { 'provide-api-key': false, ...annotations, exec: exec.kind },
    updated: settings.now(),
    ...exec,
    limits: limitsOf(body['limits'], old?.limits ?? DEFAULT_LIMITS, settings.maxConcurrency),
  };
  entities.actions.set(call.name, action);
  return actionJson(action, settings.namespace, true);
}

type Exec = Pick<ActionEntity, 'kind' | 'code' | 'binary' | 'main'>;

/** What is not given stays as it was. */
function execOf(exec: Json | undefined, old: ActionEntity | undefined): Exec {
  if (!isObject(exec)) {
    if (old === undefined) throw new Rejection(400, 'exec undefined');
    return { kind: old.kind, code: old.code, binary: old.binary, main: old.main };
  }
  const kind = exec['kind'] === 'nodejs:default' ? DEFAULT_KIND : exec['kind'];
  if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    throw new Rejection(
      400,
      `The specified runtime '${textOf(kind)}' is not supported by this platform. Valid values are: '${KINDS.join("', '")}'.`,
    );
  }
  const { code, main } = exec;
  if (typeof code !== 'string') throw new Rejection(400, 'The request content was malformed.');
  return {
    kind,
    code,
    binary: exec['binary'] === true,
    main: typeof main === 'string' && main !== '' ? main : undefined,
  };
}

function limitsOf(given: Json | undefined, old: ActionLimits, maxConcurrency: number): ActionLimits {
  const limits = isObject(given) ? given : {};
  const limit = (name: keyof ActionLimits, least: number, most: number): number => {
    const value = limits[name] ?? old[name];
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw new Rejection(
      400,
      `${name} ${textOf(value)} is not within the allowed thresholds ${least} and ${most}`,
    );
  };
  return {
    timeout: limit('timeout', 100, 300_000),
    memory: limit('memory', 128, 512),
    logs: limit('logs', 0, 10),
    concurrency: limit('concurrency', 1, maxConcurrency),
  };
}

async function invoke(controller: Controller, action: ActionEntity, call: ApiCall): Promise<Reply> {
  controller.throttles.admit();
  const bound = controller.entities.boundParameters(action);
  if (isTruthy(action.annotations, 'final') && Object.keys(call.body).some((name) => name in bound)) {
    throw new Rejection(400, 'Request defines parameters that are not allowed (e.g., reserved properties).');
  }
  const isBlocking = call.flags['blocking'] === 'true';
  const invocation = controller.invoke(action, call.body, call.transactionId, isBlocking);
  const { activationId } = invocation;
  const activation = isBlocking ? await controller.outcomeInTime(invocation) : undefined;
  return activation === undefined ? accepted(activationId) : ended(controller, activation, call);
}

function accepted(activationId: string): Reply {
  return jsonReply(202, { activationId }, [['x-openwhisk-activation-id', activationId]]);
}

function ended({ settings }: Controller, activation: Activation, call: ApiCall): Reply {
  const json =
    call.flags['result'] === 'true' ? activation.result : activationJson(activation, settings.namespace);
  return jsonReply(activation.status === 'success' ? 200 : 502, json, [
    ['x-openwhisk-activation-id', activation.activationId],
  ]);
}

/** The feeds of the alarms package are actions, too. */
function callFeed({ alarms, controller }: Api, call: ApiCall): Reply {
  // Nobody may see what is not there in another's namespace.
  if (alarms === undefined) {
    throw new Rejection(403, 'The supplied authentication is not authorized to access this resource.');
  }
  const time = controller.settings.now();
  const activation: Activation = {
    activationId: newActivationId(),
    name: call.name,
    start: time,
    end: time,
    status: 'success',
    result: alarms.call(call.body),
  };
  return call.flags['blocking'] === 'true'
    ? ended(controller, activation, call)
    : accepted(activation.activationId);
}
