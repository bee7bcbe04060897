import { encodeFailure } from '../http/failure.js';
import { withFields } from '../log.js';
import type { TrackerComponents } from '../tracker/components.js';
import { failureOf } from '../tracker/failures.js';
import { madeOnce } from './components.js';
import { withProcessReport } from './process-report.js';
import { runIdsOf } from './run.js';
import { stdoutLog } from './stdout-log.js';
import { failureResult, type WebAction, type WebActionParams } from './web-action.js';

/** The action was deployed in a way in which it must not run. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

/** A web action as OpenWhisk runs it: several runs at once, made from the parameters of the first, and used for all that follow. */
export function platformAction(create: (components: TrackerComponents) => WebAction): WebAction {
  const actionFor = madeOnce(create);
  const run: WebAction = async (params, ids = {}) => {
    try {
      refuseUnlessRaw(params);
      const action = await actionFor(params);
      return await action(params, ids);
    } catch (error) {
      const { reason, retryIn } = failureOf(error, RETRY_MINUTES, withFields(stdoutLog('error'), ids));
      return failureResult(encodeFailure(reason, retryIn));
    }
  };
  const reporting = withProcessReport(run);
  return (params) => reporting(params, runIdsOf(params, process.env));
}

/**
 * Settings are parameters that were bound to the action. Only of a raw web action does a request's query and body stay out of the parameters; of
 * any other a client could choose the settings. The controller gives `__ow_query` to raw web actions only, and lets nobody else set it.
 */
function refuseUnlessRaw(params: WebActionParams): void {
  if (typeof params['__ow_query'] === 'string') return;
  throw new DeploymentError('requests could change the settings: deploy the action with web: raw');
}

/** When a client is asked to come back to an action whose parameters are wrong: an operator has to mend them. */
const RETRY_MINUTES = 5;
