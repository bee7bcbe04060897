/** One announce through the API host, as the gateway would send it, to see what a client would get. */
import { randomBytes } from 'node:crypto';
import { getOnce } from './get-once.mjs';

/**
 * Announces that a peer of a swarm that does not exist has stopped, which leaves nothing behind; first without the secret.
 * @param {{ apiHost: string, namespace: string, secret: string }} settings
 * @returns {Promise<{ ok: boolean, lines: string[] }>} lines: what was seen, for a person
 */
export async function announceOnce({ apiHost, namespace, secret }) {
  const url = `${apiHost}/api/v1/web/${encodeURIComponent(namespace)}/tracker/announce.http`;
  const stranger = await getOnce(url, headersOf('guess'));
  const gateway = await getOnce(url, { ...headersOf(secret) });
  const refused = stranger.status === 401;
  const failure = failureReasonOf(gateway);
  return {
    ok: refused && failure === undefined,
    lines: [
      `without the secret: status ${stranger.status}${refused ? ', as it should be' : ', but it should be 401'}`,
      failure === undefined
        ? `announced in ${gateway.milliseconds} ms: the tracker answered`
        : `announced in ${gateway.milliseconds} ms: ${failure}`,
    ],
  };
}

function headersOf(secret) {
  const query = `info_hash=${escaped(randomBytes(20))}&peer_id=${escaped(randomBytes(20))}&port=1&left=0&event=stopped&numwant=0`;
  return {
    'X-Original-URI': `/announce?${query}`,
    // For documentation only (RFC 5737): nobody has it.
    'X-Real-IP': '192.0.2.1',
    'X-Require-Whisk-Auth': secret,
  };
}

function escaped(bytes) {
  return bytes.toString('hex').replace(/../g, '%$&');
}

/** Undefined if it is a tracker's reply without a failure. */
function failureReasonOf({ status, contentType, body }) {
  if (status !== 200 || contentType !== 'application/octet-stream') {
    return `the platform answered ${status} ${contentType}: ${body.toString('utf8').slice(0, 300)}`;
  }
  const [, reason] = /^d14:failure reason\d+:(.*?)(?:8:retry in.*)?e$/.exec(body.toString('latin1')) ?? [];
  return reason === undefined ? undefined : `the tracker answered a failure: ${reason}`;
}
