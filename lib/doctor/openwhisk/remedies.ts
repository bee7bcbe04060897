/** What mends what OpenWhisk answers. */
import { NoReplyError } from '../route.js';
import type { PlatformDeployment } from '../deployment.js';

const operator = "for OpenWhisk's operator, deploy/openwhisk/platform.env";

/** More than any tracker's share, as in platform.env. */
const perMinute = 600_000;
const atOnce = 5000;

export const deployAgain = 'npm run deploy -- --force, with these settings';

export const perMinuteRemedy = (deployment: PlatformDeployment): string =>
  `${operator}: LIMITS_ACTIONS_INVOKES_PERMINUTE=${perMinute}; or wskadmin limits set ${deployment.namespace} --invocationsPerMinute ${perMinute}`;

export const atOnceRemedy = (deployment: PlatformDeployment): string =>
  `${operator}: LIMITS_ACTIONS_INVOKES_CONCURRENT=${atOnce}; or wskadmin limits set ${deployment.namespace} --concurrentInvocations ${atOnce}`;

export const allowConcurrency = `${operator}: CONFIG_whisk_concurrencyLimit_max and __OW_ALLOW_CONCURRENT=true, on every invoker`;

export const keepFailuresOnly = `${operator}: CONFIG_whisk_activation_storeBlockingResultLevel=STORE_FAILURES`;

/** Of the two limits, the one that a 429 speaks of. */
function limitRemedy(text: string, deployment: PlatformDeployment): string {
  return /concurrent/i.test(text) ? atOnceRemedy(deployment) : perMinuteRemedy(deployment);
}

/** What mends that there was no reply. */
export function remedyFor(error: unknown, deployment: PlatformDeployment): string {
  if (!(error instanceof NoReplyError))
    return `see whether OPENWHISK_APIHOST=${deployment.apiHost} can be reached from here`;
  const { status, headers } = error.answer;
  switch (status) {
    case 200:
      return 'see the log lines of the actions (docs/operating.md), and what is said of the store here';
    case 401:
      return `the actions were deployed with another TRACKER_SECRET: ${deployAgain}`;
    case 404:
      return `nothing is deployed in ${deployment.namespace}/tracker: npm run deploy; or OPENWHISK_NAMESPACE is another`;
    case 429:
      return limitRemedy(error.message, deployment);
    case 202:
    case 503:
      return `${operator}: CONFIG_whisk_containerPool_userMemory; and see whether the invokers are up`;
    default:
      return `wsk activation get ${String(headers['x-openwhisk-activation-id'] ?? 'ID')}, and the logs of that activation`;
  }
}
