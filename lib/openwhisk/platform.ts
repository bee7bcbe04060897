import { encodeFailure } from '../http/replies.js';
import { withFields } from '../log.js';
import type { TrackerComponents } from '../tracker/components.js';
import { failureOf } from '../tracker/failures.js';
import { BoundComponents } from './components.js';
import { isProbe, withCause, withProcessReport } from './process-report.js';
import { runIdsOf } from './run.js';
import { stdoutLog } from './stdout-log.js';
import {
  failureResult,
  withHeader,
  type WebAction,
  type WebActionParams,
  type WebActionResult,
} from './web-action.js';

/** The action was deployed in a way in which it must not run. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

/**
 * The answer to a probe: the deployment whose parameters served it, as its `npm run deploy` named
 * it. Clients never see it: nginx passes no header on, and the controller wants the secret.
 */
const DEPLOYMENT_HEADER = 'X-Tracker-Deployment';

/**
 * A web action as OpenWhisk runs it: several runs at once, which share what was made of their
 * parameters.
 */
export function platformAction(create: (components: TrackerComponents) => WebAction): WebAction {
  const bound = new BoundComponents(create);
  const run: WebAction = async (params, ids = {}) => {
    try {
      refuseUnlessRaw(params);
      return await bound.use(params, async (action, deployment) =>
        named(await action(params, ids), params, deployment),
      );
    } catch (error) {
      const { reason, retryIn } = failureOf(error, RETRY_MINUTES, withFields(stdoutLog('error'), ids));
      return withCause(failureResult(encodeFailure(reason, retryIn)), params, error);
    }
  };
  const reporting = withProcessReport(run);
  return (params) => reporting(params, runIdsOf(params, process.env));
}

function named(
  result: WebActionResult,
  params: WebActionParams,
  deployment: string | undefined,
): WebActionResult {
  if (deployment === undefined || !isProbe(params)) return result;
  return withHeader(result, DEPLOYMENT_HEADER, deployment);
}

/**
 * Settings are parameters that were bound to the action. Only of a raw web action does a request's
 * query and body stay out of the parameters; of any other a client could choose the settings. The
 * controller gives `__ow_query` to raw web actions only, and lets nobody else set it.
 */
function refuseUnlessRaw(params: WebActionParams): void {
  if (typeof params['__ow_query'] === 'string') return;
  throw new DeploymentError('requests could change the settings: deploy the action with web: raw');
}

/**
 * When a client is asked to come back to an action whose parameters are wrong: an operator has to
 * mend them.
 */
const RETRY_MINUTES = 5;
