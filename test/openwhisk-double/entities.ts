/** What was deployed: packages, actions, triggers and rules, by name. */

import { isDeepStrictEqual } from 'node:util';
import { toKeyValues, type JsonObject } from './json.js';

export interface Entity {
  readonly name: string;
  /** `0.0.n`: counts the updates. */
  readonly version: string;
  readonly publish: boolean;
  readonly parameters: JsonObject;
  readonly annotations: JsonObject;
  /** Milliseconds since the epoch. */
  readonly updated: number;
}

export type PackageEntity = Entity;

export interface ActionLimits {
  /** Milliseconds. */
  readonly timeout: number;
  /** MB. */
  readonly memory: number;
  /** MB. */
  readonly logs: number;
  /** Runs at once in one container. */
  readonly concurrency: number;
}

export interface ActionEntity extends Entity {
  /** Empty: the default package. */
  readonly package: string;
  readonly kind: string;
  readonly code: string;
  readonly binary: boolean;
  /** Undefined if the deployment named none: then it is `main`. */
  readonly main: string | undefined;
  readonly limits: ActionLimits;
}

export type TriggerEntity = Entity;

export interface RuleEntity extends Entity {
  /** A name without namespace. */
  readonly trigger: string;
  /** `package/action` or `action`. */
  readonly action: string;
  readonly active: boolean;
}

export class Entities {
  readonly packages = new Map<string, PackageEntity>();
  /** By `package/action` or `action`. */
  readonly actions = new Map<string, ActionEntity>();
  readonly triggers = new Map<string, TriggerEntity>();
  readonly rules = new Map<string, RuleEntity>();

  actionsOf(packageName: string): ActionEntity[] {
    return [...this.actions.values()].filter((action) => action.package === packageName);
  }

  rulesOf(trigger: string): RuleEntity[] {
    return [...this.rules.values()].filter((rule) => rule.trigger === trigger);
  }

  /** What is bound to an action: its own parameters before its package's. */
  boundParameters(action: ActionEntity): JsonObject {
    return { ...this.packages.get(action.package)?.parameters, ...action.parameters };
  }
}

export function qualifiedName(action: ActionEntity): string {
  return action.package === '' ? action.name : `${action.package}/${action.name}`;
}

/**
 * True for actions of which an invoker takes one for the other: what differs may be when they were
 * updated, and the parameters of their package, of which an invoker knows nothing.
 */
export function isEqualAction(a: ActionEntity, b: ActionEntity): boolean {
  if (a === b) return true;
  return a.version === b.version && isDeepStrictEqual({ ...a, updated: 0 }, { ...b, updated: 0 });
}

/** Begins anew for an entity that was deleted. */
export function nextVersion(before: Entity | undefined): string {
  return `0.0.${Number(before?.version.split('.')[2] ?? 0) + 1}`;
}

/** Annotations count as set if they are neither false nor empty. */
export function isTruthy(annotations: JsonObject, name: string): boolean {
  return Boolean(annotations[name]);
}

/** The fields that all entities have, as the API shows them. */
export function entityJson(entity: Entity, namespace: string): JsonObject {
  const { name, version, publish, parameters, annotations, updated } = entity;
  return {
    namespace,
    name,
    version,
    publish,
    parameters: toKeyValues(parameters),
    annotations: toKeyValues(annotations),
    updated,
  };
}

export function actionJson(action: ActionEntity, namespace: string, withCode: boolean): JsonObject {
  const { kind, code, binary, main, limits } = action;
  const path = action.package === '' ? namespace : `${namespace}/${action.package}`;
  const exec = { kind, binary, ...(main === undefined ? {} : { main }), ...(withCode ? { code } : {}) };
  return { ...entityJson(action, path), exec, limits: { ...limits } };
}

export function ruleJson(rule: RuleEntity, namespace: string): JsonObject {
  const slash = rule.action.lastIndexOf('/');
  const path = slash < 0 ? namespace : `${namespace}/${rule.action.slice(0, slash)}`;
  return {
    ...entityJson(rule, namespace),
    trigger: { path: namespace, name: rule.trigger },
    action: { path, name: rule.action.slice(slash + 1) },
    status: rule.active ? 'active' : 'inactive',
  };
}
