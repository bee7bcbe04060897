/** How the doctor reaches the tracker: straight at the web actions, or as a client does. */
import { getOnce, type Answer } from '../deployment/get-once.mjs';
import { failureIn, gatewayHeaders, problemOf, webActionUrl } from '../deployment/web-action-client.mjs';
import { BencodeError, decodeDictionary, type Bencoded } from '../metainfo/bencode.js';
import type { PlatformDeployment } from './deployment.js';

export type Action = 'announce' | 'scrape';

/** Asks the tracker. @throws Error if nothing answers */
export type Route = (action: Action, query: string) => Promise<Answer>;

/** Something answered, but not with a reply that a tracker gives when all is well. */
export class NoReplyError extends Error {
  override readonly name = 'NoReplyError';

  constructor(
    readonly answer: Answer,
    problem: string,
  ) {
    super(problem);
  }
}

/** @param headers beside those of the gateway */
export function straightTo(
  deployment: PlatformDeployment,
  headers: Readonly<Record<string, string>> = {},
): Route {
  return (action, query) =>
    getOnce(webActionUrl(deployment, action), {
      ...gatewayHeaders(deployment.secret, `/${action}?${query}`),
      ...headers,
    });
}

export function throughGateway(gateway: string, headers: Readonly<Record<string, string>> = {}): Route {
  return (action, query) => getOnce(gateway, headers, `/${action}?${query}`);
}

/**
 * The dictionary of a reply that came straight from a web action. @throws NoReplyError,
 * BencodeError
 */
export function platformReply(answer: Answer): ReadonlyMap<string, Bencoded> {
  const problem = problemOf(answer);
  if (problem !== undefined) throw new NoReplyError(answer, problem);
  return dictionaryIn(answer.body);
}

/** The dictionary of a reply that a client got. @throws NoReplyError, BencodeError */
export function clientReply(answer: Answer): ReadonlyMap<string, Bencoded> {
  const { status, headers, body } = answer;
  if (status !== 200) throw new NoReplyError(answer, `status ${status}`);
  const type = headers['content-type'] ?? 'no content type';
  if (!type.startsWith('text/plain')) throw new NoReplyError(answer, `the content type is ${type}`);
  const reason = failureIn(body);
  if (reason !== undefined) throw new NoReplyError(answer, `the reply is a failure: ${reason}`);
  return dictionaryIn(body);
}

/** @throws BencodeError that says what is wrong with the reply */
function dictionaryIn(reply: Buffer): ReadonlyMap<string, Bencoded> {
  try {
    return decodeDictionary(reply);
  } catch (cause) {
    if (!(cause instanceof BencodeError)) throw cause;
    throw new BencodeError(`the reply is ${cause.message}`);
  }
}
