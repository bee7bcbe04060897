/** OpenWhisk's API for users. */
import openwhisk from 'openwhisk';

import { getOnce } from '../../deployment/get-once.mjs';
import type { PlatformDeployment } from '../deployment.js';

export interface DeployedAction {
  readonly annotations: Readonly<Record<string, unknown>>;
  /** Runs at once in one container; undefined if the platform does not say. */
  readonly concurrency: number | undefined;
}

export interface NamespaceLimits {
  readonly perMinute: number | undefined;
  readonly atOnce: number | undefined;
}

/** The API refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** Undefined if nothing answered. */
    readonly status: number | undefined,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

export class Api {
  private readonly client: openwhisk.Client;

  constructor(
    private readonly deployment: PlatformDeployment,
    private readonly auth: string,
  ) {
    const { apiHost, namespace } = deployment;
    this.client = openwhisk({ apihost: apiHost, api_key: auth, namespace });
  }

  /** @param name of an action in the tracker's package. @throws ApiError */
  async action(name: string): Promise<DeployedAction> {
    // The package's types know neither of code, which is large, nor of the concurrency.
    const options = { name: `tracker/${name}`, code: false };
    const { annotations = [], limits } = await told(this.client.actions.get(options));
    const { concurrency } = (limits ?? {}) as { concurrency?: number };
    return {
      annotations: Object.fromEntries(annotations.map(({ key, value }) => [key, value as unknown])),
      concurrency,
    };
  }

  /**
   * The limits of the namespace, its own or the platform's, which the package has no call for.
   * @throws Error if nothing answers; an older API answers, but tells none
   */
  async limits(): Promise<NamespaceLimits | undefined> {
    const { status, body } = await getOnce(`${this.deployment.apiHost}/api/v1/namespaces/_/limits`, {
      Authorization: `Basic ${Buffer.from(this.auth).toString('base64')}`,
    });
    if (status !== 200) return undefined;
    const { invocationsPerMinute, concurrentInvocations } = JSON.parse(body.toString()) as Record<
      string,
      unknown
    >;
    return { perMinute: numberOrNone(invocationsPerMinute), atOnce: numberOrNone(concurrentInvocations) };
  }

  /** Whether there is a record of an activation. @throws ApiError */
  async hasRecord(activationId: string): Promise<boolean> {
    try {
      await told(this.client.activations.get({ name: activationId }));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }
}

function numberOrNone(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

async function told<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const { statusCode, message } = cause as { statusCode?: number; message?: string };
    throw new ApiError(statusCode, (message ?? String(cause)).replaceAll(/\s+/g, ' '), cause);
  }
}
