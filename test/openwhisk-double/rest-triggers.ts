import { newActivationId } from './activations.js';
import type { Controller } from './controller.js';
import { entityJson, nextVersion, type TriggerEntity } from './entities.js';
import { fromKeyValues, type JsonObject } from './json.js';
import { emptyReply, jsonReply, type Reply } from './replies.js';
import { before, found, listReply, notAllowed, type Api, type ApiCall } from './api-call.js';

export function serveTriggers({ controller }: Api, call: ApiCall): Reply {
  const { entities, settings } = controller;
  if (call.name === '' && call.method === 'GET') {
    return listReply(
      [...entities.triggers.values()].map((trigger) => entityJson(trigger, settings.namespace)),
      call,
    );
  }
  switch (call.method) {
    case 'PUT':
      return jsonReply(200, put(controller, call));
    case 'GET':
      return jsonReply(200, triggerJson(controller, found(entities.triggers, call)));
    case 'DELETE': {
      const trigger = found(entities.triggers, call);
      entities.triggers.delete(trigger.name);
      return jsonReply(200, entityJson(trigger, settings.namespace));
    }
    case 'POST': {
      const trigger = found(entities.triggers, call);
      const activationId = fireTrigger(controller, trigger, call.body, call.transactionId);
      return activationId === undefined ? emptyReply(204) : jsonReply(202, { activationId });
    }
    default:
      return notAllowed();
  }
}

/**
 * Invokes the actions of a trigger's active rules, and waits for none.
 * @returns the activation id of the firing; undefined if it has no active rule
 */
export function fireTrigger(
  controller: Controller,
  trigger: TriggerEntity,
  payload: JsonObject,
  transactionId: string,
): string | undefined {
  const { entities, activations, settings } = controller;
  const rules = entities.rulesOf(trigger.name).filter(({ active }) => active);
  if (rules.length === 0) return undefined;
  for (const rule of rules) {
    const action = entities.actions.get(rule.action);
    if (action !== undefined)
      controller.invoke(action, { ...trigger.parameters, ...payload }, transactionId, false);
  }
  const activationId = newActivationId();
  const time = settings.now();
  activations.add({
    activationId,
    name: trigger.name,
    start: time,
    end: time,
    status: 'success',
    result: payload,
  });
  return activationId;
}

function put({ entities, settings }: Controller, call: ApiCall): JsonObject {
  const old = before(entities.triggers, call);
  const trigger: TriggerEntity = {
    name: call.name,
    version: nextVersion(old),
    publish: call.body['publish'] === true,
    parameters: 'parameters' in call.body ? fromKeyValues(call.body['parameters']) : (old?.parameters ?? {}),
    annotations:
      'annotations' in call.body ? fromKeyValues(call.body['annotations']) : (old?.annotations ?? {}),
    updated: settings.now(),
  };
  entities.triggers.set(call.name, trigger);
  return entityJson(trigger, settings.namespace);
}

function triggerJson({ entities, settings }: Controller, trigger: TriggerEntity): JsonObject {
  const rules = entities
    .rulesOf(trigger.name)
    .map(({ name, action, active }) => [
      `${settings.namespace}/${name}`,
      { action: { path: settings.namespace, name: action }, status: active ? 'active' : 'inactive' },
    ]);
  return {
    ...entityJson(trigger, settings.namespace),
    limits: {},
    rules: Object.fromEntries(rules) as JsonObject,
  };
}
