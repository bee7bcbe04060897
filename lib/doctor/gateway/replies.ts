import type { Answer } from '../../deployment/get-once.mjs';
import { announceQuery, escaped, newPeer } from '../../deployment/web-action-client.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, wrong, type Finding } from '../../finding.js';
import { clientReply, NoReplyError, throughGateway, type Action } from '../route.js';
import { remedyFor, type GatewayRules } from './remedies.js';

/**
 * Whether an announce and a scrape are answered so that every client can read it: text/plain, with
 * a length and no chunks.
 */
export async function* examineReplies(gateway: string, rules: GatewayRules): AsyncGenerator<Finding> {
  const ask = throughGateway(gateway);
  const queries: [Action, string][] = [
    ['announce', announceQuery('stopped')],
    ['scrape', `info_hash=${escaped(newPeer().infohash)}`],
  ];
  for (const [action, query] of queries) {
    const subject = `${gateway}/${action}`;
    try {
      const answer = await ask(action, query);
      clientReply(answer);
      requireLength(answer);
      yield ok(subject, `was answered in ${answer.milliseconds} ms, as text/plain with a Content-Length`);
    } catch (error) {
      yield wrong(subject, reasonOf(error), remedyFor(error, gateway, rules));
    }
  }
}

/** Node has read the body by then: a wrong length would have been an error. */
function requireLength(answer: Answer): void {
  if (answer.headers['content-length'] === undefined) {
    throw new NoReplyError(answer, 'there is no Content-Length, so that some clients cannot read it');
  }
}
