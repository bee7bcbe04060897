/**
 * Announces through the API host, as the gateway would send them, to see what a client would get.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { getOnce } from '../../../lib/deployment/get-once.mjs';
import {
  announceQuery,
  causeIn,
  deploymentIn,
  gatewayHeaders,
  probeHeaders,
  problemOf,
  webActionUrl,
} from '../../../lib/deployment/web-action-client.mjs';

/**
 * For a moment a controller may still run the action that was there before: others tell it what has
 * changed. And Riak takes five seconds to say that a password is wrong.
 */
const attempts = 5;
const betweenAttemptsMs = 1000;

/**
 * Announces that a peer of a swarm that does not exist has stopped, which leaves nothing behind;
 * first without the secret.
 * @param {{ apiHost: string, namespace: string, secret: string, digest: string }} settings digest:
 *   of the deployment that has to answer
 * @returns {Promise<{ ok: boolean, lines: string[] }>} lines: what was seen, for a person
 */
export async function announceOnce({ secret, digest, ...platform }) {
  const url = webActionUrl(platform, 'announce');
  const target = `/announce?${announceQuery('stopped')}`;
  const stranger = await getOnce(url, gatewayHeaders('guess', target));
  const refused = stranger.status === 401;
  const { milliseconds, problem } = await announceToNew(url, gatewayHeaders(secret, target), digest);
  return {
    ok: refused && problem === undefined,
    lines: [
      `without the secret: status ${stranger.status}${refused ? ', as it should be' : ', but it should be 401'}`,
      `announced in ${milliseconds} ms: ${problem ?? 'the tracker answered'}`,
    ],
  };
}

/**
 * Announces until the new deployment answers, or the attempts are used up.
 * @param {string} url
 * @param {Readonly<Record<string, string>>} headers
 * @param {string} digest
 * @returns {Promise<{ milliseconds: number, problem: string | undefined }>} of the last attempt
 */
async function announceToNew(url, headers, digest) {
  for (let attempt = 1; ; attempt++) {
    const answer = await getOnce(url, { ...headers, ...probeHeaders });
    const problem = problemOf(answer) ?? (deploymentIn(answer) === digest ? undefined : otherDeployment);
    const cause = causeIn(answer);
    if (problem === undefined || attempt === attempts) {
      const explained = problem !== undefined && cause !== undefined ? `${problem} (${cause})` : problem;
      return { milliseconds: answer.milliseconds, problem: explained };
    }
    await delay(betweenAttemptsMs);
  }
}

const otherDeployment =
  'the tracker answered with the code or settings of another deployment; deploy again with --force';
