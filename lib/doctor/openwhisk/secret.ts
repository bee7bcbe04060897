import { getOnce } from '../../deployment/get-once.mjs';
import { announceQuery, gatewayHeaders, webActionUrl } from '../../deployment/web-action-client.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, wrong, type Finding } from '../../finding.js';
import type { PlatformDeployment } from '../deployment.js';
import { NoReplyError, platformReply, straightTo } from '../route.js';
import { deployAgain, remedyFor } from './remedies.js';

/**
 * Whether the web action wants the secret: without it whoever finds its URL is its own gateway, and
 * can be any address.
 */
export async function* examineSecret(deployment: PlatformDeployment): AsyncGenerator<Finding> {
  const { 'X-Require-Whisk-Auth': guess, ...without } = gatewayHeaders('guess', target());
  yield await stranger(deployment, 'without the secret', without);
  yield await stranger(deployment, 'with a wrong secret', {
    ...without,
    'X-Require-Whisk-Auth': String(guess),
  });
}

/** Whether the web action answers who has the secret: all else depends on it. */
export async function examineAnswer(deployment: PlatformDeployment): Promise<Finding> {
  const subject = 'an announce with the secret';
  try {
    const answer = await straightTo(deployment)('announce', announceQuery('stopped'));
    platformReply(answer);
    return ok(subject, `was answered in ${answer.milliseconds} ms`);
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, deployment));
  }
}

async function stranger(
  deployment: PlatformDeployment,
  how: string,
  headers: Readonly<Record<string, string>>,
): Promise<Finding> {
  const subject = `an announce ${how}`;
  try {
    const answer = await getOnce(webActionUrl(deployment, 'announce'), headers);
    const { status } = answer;
    if (status === 401) return ok(subject, 'is refused');
    if (status === 200) return wrong(subject, 'is answered', `anybody can be any peer: ${deployAgain}`);
    const problem = new NoReplyError(
      answer,
      `status ${status}, not 401: ${answer.body.toString().slice(0, 200)}`,
    );
    return wrong(subject, problem.message, remedyFor(problem, deployment));
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, deployment));
  }
}

function target(): string {
  return `/announce?${announceQuery('stopped')}`;
}
