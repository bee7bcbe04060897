import { ok, warning, wrong, type Finding } from '../../finding.js';
import type { PlatformDeployment } from '../deployment.js';
import { ApiError, type Api, type DeployedAction } from './api.js';
import { deployAgain } from './remedies.js';

const webActions = ['announce', 'scrape', 'stats'];

/**
 * What the API says of the deployed actions.
 * @returns how many runs at once a container of the announce action may have; undefined if nobody
 *   said
 */
export async function* examineDeployment(
  deployment: PlatformDeployment,
  api: Api,
): AsyncGenerator<Finding, number | undefined> {
  let concurrency: number | undefined;
  for (const name of [...webActions, 'purge']) {
    const subject = `action ${deployment.namespace}/tracker/${name}`;
    try {
      const action = await api.action(name);
      yield name === 'purge' ? purgeFinding(subject, action) : webActionFinding(subject, action, deployment);
      if (name === 'announce') concurrency = action.concurrency;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      yield wrong(subject, error.message, remedyFor(error, deployment));
      // The others would say the same.
      if (error.status !== 404) return concurrency;
    }
  }
  return concurrency;
}

function webActionFinding(
  subject: string,
  { annotations, concurrency }: DeployedAction,
  deployment: PlatformDeployment,
): Finding {
  const missing = ['web-export', 'raw-http', 'final'].filter((name) => annotations[name] !== true);
  if (missing.length > 0) {
    return wrong(
      subject,
      `lacks ${missing.join(', ')}, so that clients could change the settings`,
      deployAgain,
    );
  }
  if (annotations['require-whisk-auth'] !== deployment.secret) {
    return wrong(subject, 'has another secret than TRACKER_SECRET, or none', deployAgain);
  }
  if (
    deployment.concurrency !== undefined &&
    concurrency !== undefined &&
    concurrency !== deployment.concurrency
  ) {
    return warning(
      subject,
      `may have ${concurrency} runs at once in a container, and ACTION_CONCURRENCY is ${deployment.concurrency}`,
      deployAgain,
    );
  }
  return ok(subject, `is raw, behind the secret; runs at once in a container: ${concurrency ?? 'not said'}`);
}

function purgeFinding(subject: string, { annotations }: DeployedAction): Finding {
  if (annotations['web-export'] === true) return wrong(subject, 'can be run by anybody', deployAgain);
  if (annotations['provide-api-key'] !== true) {
    return wrong(subject, 'has no key, so that it cannot go on after its first slice', deployAgain);
  }
  return ok(subject, 'is no web action, and has the key to go on');
}

function remedyFor({ status }: ApiError, deployment: PlatformDeployment): string {
  if (status === 401 || status === 403) {
    return `OPENWHISK_AUTH is not the key of ${deployment.namespace}: wsk property get --auth`;
  }
  if (status === 404) return 'it is not deployed: npm run deploy -- --force';
  return `see whether OPENWHISK_APIHOST=${deployment.apiHost} can be reached from here`;
}
