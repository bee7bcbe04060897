import type { Controller } from './controller.js';
import { actionJson, entityJson, nextVersion, type PackageEntity } from './entities.js';
import { fromKeyValues, type JsonObject } from './json.js';
import { jsonReply, Rejection, type Reply } from './replies.js';
import { before, found, listReply, notAllowed, type Api, type ApiCall } from './api-call.js';

export function servePackages({ controller }: Api, call: ApiCall): Reply {
  const { entities, settings } = controller;
  if (call.name === '' && call.method === 'GET') {
    return listReply(
      [...entities.packages.values()].map((entity) => entityJson(entity, settings.namespace)),
      call,
    );
  }
  switch (call.method) {
    case 'PUT':
      return jsonReply(200, put(controller, call));
    case 'GET':
      return jsonReply(200, packageJson(controller, found(entities.packages, call)));
    case 'DELETE': {
      const entity = found(entities.packages, call);
      const { length } = entities.actionsOf(entity.name);
      if (length > 0) {
        throw new Rejection(
          409,
          `Package not empty (contains ${length} ${length === 1 ? 'entity' : 'entities'}).`,
        );
      }
      entities.packages.delete(entity.name);
      return jsonReply(200, entityJson(entity, settings.namespace));
    }
    default:
      return notAllowed();
  }
}

function put({ entities, settings }: Controller, call: ApiCall): JsonObject {
  const old = before(entities.packages, call);
  const entity: PackageEntity = {
    name: call.name,
    version: nextVersion(old),
    publish: call.body['publish'] === true,
    parameters: 'parameters' in call.body ? fromKeyValues(call.body['parameters']) : (old?.parameters ?? {}),
    annotations: { ...old?.annotations, ...fromKeyValues(call.body['annotations']) },
    updated: settings.now(),
  };
  entities.packages.set(call.name, entity);
  return entityJson(entity, settings.namespace);
}

function packageJson({ entities, settings }: Controller, entity: PackageEntity): JsonObject {
  const actions = entities
    .actionsOf(entity.name)
    .map((action) => actionJson(action, settings.namespace, false));
  return { ...entityJson(entity, settings.namespace), binding: {}, actions, feeds: [] };
}
