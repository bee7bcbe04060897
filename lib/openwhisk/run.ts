import type { LogFields } from '../log.js';

/** What tells one run of an action from the others that the same process has under way. */
export interface RunIds extends LogFields {
  /** Of the activation record. */
  readonly activationId?: string;
  /**
   * Of the client's request: the gateway makes it ($request_id) and logs it, too, and it is the
   * controller's transaction id.
   */
  readonly requestId?: string;
}

/**
 * The ids of a run that has just begun. To be called before main awaits anything: the platform
 * gives an activation id neither in the parameters nor in a header, only in an environment
 * variable, which it sets right before it calls main, in the same turn of the event loop. A turn
 * later the variable may be another run's. The request id is the header X-Request-ID.
 */
export function runIdsOf(params: unknown, environment: NodeJS.ProcessEnv): RunIds {
  const activationId = environment['__OW_ACTIVATION_ID'];
  const requestId = requestIdOf(params);
  return {
    ...(isId(activationId) ? { activationId } : {}),
    ...(isId(requestId) ? { requestId } : {}),
  };
}

function requestIdOf(params: unknown): unknown {
  const { __ow_headers: headers } = (params ?? {}) as { readonly __ow_headers?: unknown };
  return (headers as Readonly<Record<string, unknown>> | null | undefined)?.['x-request-id'];
}

/** A client that reaches the controller past the gateway could send anything. */
function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id);
}
