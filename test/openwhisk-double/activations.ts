/** Runs of actions and firings of triggers, and how they ended. */

import { randomBytes } from 'node:crypto';
import type { Json, JsonObject } from './json.js';

export type ActivationStatus =
  'success' | 'application error' | 'action developer error' | 'whisk internal error';

/** How a run ended. */
export interface Outcome {
  readonly status: ActivationStatus;
  readonly result: Json;
}

export interface Activation extends Outcome {
  readonly activationId: string;
  /** Of the action or trigger, with its package: `package/action`. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
}

const STATUS_CODES: Readonly<Record<ActivationStatus, number>> = {
  success: 0,
  'application error': 1,
  'action developer error': 2,
  'whisk internal error': 3,
};

/** So many are kept, the newest. */
const KEPT = 2000;

export class Activations {
  private readonly kept = new Map<string, Activation>();

  add(activation: Activation): void {
    this.kept.set(activation.activationId, activation);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  get(activationId: string): Activation | undefined {
    return this.kept.get(activationId);
  }

  /** Oldest first. */
  all(): readonly Activation[] {
    return [...this.kept.values()];
  }
}

export function newActivationId(): string {
  return randomBytes(16).toString('hex');
}

export function developerError(message: string): Outcome {
  return { status: 'action developer error', result: { error: message } };
}

/** An activation record as the API shows it. */
export function activationJson(activation: Activation, namespace: string): JsonObject {
  const { activationId, name, start, end, status, result } = activation;
  return {
    activationId,
    namespace,
    name: name.split('/').at(-1) ?? name,
    version: '0.0.1',
    subject: namespace,
    publish: false,
    start,
    end,
    duration: end - start,
    statusCode: STATUS_CODES[status],
    annotations: [{ key: 'path', value: `${namespace}/${name}` }],
    logs: [],
    response: { status, statusCode: STATUS_CODES[status], success: status === 'success', result },
  };
}
