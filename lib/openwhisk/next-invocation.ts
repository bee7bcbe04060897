import openwhisk from 'openwhisk';

/** Where an action runs, and with which key it may invoke. */
export interface Invoker {
  /** URL or host of the API. */
  readonly apiHost: string;
  readonly apiKey: string;
  /** `/namespace/package/action`. */
  readonly actionName: string;
}

/** An action was not told what it needs to invoke itself. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
}

/**
 * Reads what OpenWhisk puts into the environment of a run.
 * @throws InvocationError that says what is missing; the key is only there if the action has the
 *   annotation provide-api-key
 */
export function invokerOf(environment: NodeJS.ProcessEnv): Invoker {
  const { __OW_API_HOST: apiHost, __OW_API_KEY: apiKey, __OW_ACTION_NAME: actionName } = environment;
  if (apiHost === undefined || actionName === undefined) {
    throw new InvocationError('__OW_API_HOST or __OW_ACTION_NAME is missing: this does not run on OpenWhisk');
  }
  if (apiKey === undefined) {
    throw new InvocationError(
      '__OW_API_KEY is missing: deploy the action with the annotation provide-api-key',
    );
  }
  return { apiHost, apiKey, actionName };
}

/** The package's types do not know of it. It retries whatever the error. */
interface Options extends openwhisk.Options {
  readonly retry: { readonly retries: number; readonly minTimeout: number };
}

/**
 * Invokes the action that runs once more, with parameters, and does not wait for it. Tries again
 * for some seconds, since a namespace at its limits refuses.
 * @returns the activation id
 * @throws InvocationError if it could not be invoked
 */
export async function invokeItself(
  invoker: Invoker,
  params: Readonly<Record<string, unknown>>,
): Promise<string> {
  const options: Options = {
    apihost: invoker.apiHost,
    api_key: invoker.apiKey,
    retry: { retries: 4, minTimeout: 500 },
  };
  try {
    const { activationId } = await openwhisk(options).actions.invoke({ name: invoker.actionName, params });
    return activationId;
  } catch (cause) {
    throw new InvocationError('the next run could not be invoked', { cause });
  }
}
