/** One announce through the API host, as the gateway would send it, to see what a client would get. */
import { getOnce } from '../../../lib/deployment/get-once.mjs';
import {
  announceQuery,
  gatewayHeaders,
  problemOf,
  webActionUrl,
} from '../../../lib/deployment/web-action-client.mjs';

/**
 * Announces that a peer of a swarm that does not exist has stopped, which leaves nothing behind; first without the secret.
 * @param {{ apiHost: string, namespace: string, secret: string }} settings
 * @returns {Promise<{ ok: boolean, lines: string[] }>} lines: what was seen, for a person
 */
export async function announceOnce({ secret, ...platform }) {
  const url = webActionUrl(platform, 'announce');
  const target = `/announce?${announceQuery('stopped')}`;
  const stranger = await getOnce(url, gatewayHeaders('guess', target));
  const gateway = await getOnce(url, gatewayHeaders(secret, target));
  const refused = stranger.status === 401;
  const problem = problemOf(gateway);
  return {
    ok: refused && problem === undefined,
    lines: [
      `without the secret: status ${stranger.status}${refused ? ', as it should be' : ', but it should be 401'}`,
      `announced in ${gateway.milliseconds} ms: ${problem ?? 'the tracker answered'}`,
    ],
  };
}
