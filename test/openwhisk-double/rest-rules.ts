import type { Controller } from './controller.js';
import { nextVersion, ruleJson, type RuleEntity } from './entities.js';
import { fromKeyValues, type Json, type JsonObject } from './json.js';
import { emptyReply, jsonReply, Rejection, type Reply } from './replies.js';
import { before, found, listReply, notAllowed, type Api, type ApiCall } from './api-call.js';

export function serveRules({ controller }: Api, call: ApiCall): Reply {
  const { entities, settings } = controller;
  if (call.name === '' && call.method === 'GET') {
    return listReply(
      [...entities.rules.values()].map((rule) => ruleJson(rule, settings.namespace)),
      call,
    );
  }
  switch (call.method) {
    case 'PUT':
      return jsonReply(200, put(controller, call));
    case 'GET':
      return jsonReply(200, ruleJson(found(entities.rules, call), settings.namespace));
    case 'DELETE': {
      const rule = found(entities.rules, call);
      entities.rules.delete(rule.name);
      return jsonReply(200, ruleJson({ ...rule, active: false }, settings.namespace));
    }
    case 'POST': {
      const rule = found(entities.rules, call);
      const { status } = call.body;
      if (status !== 'active' && status !== 'inactive') throw new Rejection(400, 'The status is not valid.');
      entities.rules.set(rule.name, { ...rule, active: status === 'active' });
      return emptyReply(200);
    }
    default:
      return notAllowed();
  }
}

function put({ entities, settings }: Controller, call: ApiCall): JsonObject {
  const old = before(entities.rules, call);
  const trigger = localName(call.body['trigger'], settings.namespace) ?? old?.trigger;
  const action = localName(call.body['action'], settings.namespace) ?? old?.action;
  if (trigger === undefined || action === undefined) {
    throw new Rejection(400, 'rule requires a valid trigger and a valid action');
  }
  if (!entities.triggers.has(trigger)) {
    throw new Rejection(400, `trigger /${settings.namespace}/${trigger} does not exist`);
  }
  if (!entities.actions.has(action)) {
    throw new Rejection(400, `action /${settings.namespace}/${action} does not exist`);
  }
  const rule: RuleEntity = {
    name: call.name,
    version: nextVersion(old),
    publish: call.body['publish'] === true,
    parameters: {},
    annotations: { ...old?.annotations, ...fromKeyValues(call.body['annotations']) },
    updated: settings.now(),
    trigger,
    action,
    active: old?.active ?? true,
  };
  entities.rules.set(call.name, rule);
  return ruleJson(rule, settings.namespace);
}

/**
 * `/_/package/name` or `/namespace/package/name` without its namespace; undefined for anything
 * else.
 */
function localName(given: Json | undefined, namespace: string): string | undefined {
  if (typeof given !== 'string') return undefined;
  const [, first, ...rest] = given.split('/');
  return given.startsWith('/') && (first === '_' || first === namespace) ? rest.join('/') : undefined;
}
