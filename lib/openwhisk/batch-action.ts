/**
 * The announce action asked by a front: many announces and scrapes in one run (lib/batch). The
 * controller hands the body, which is binary, on in base64, and takes the answer in base64.
 */
import { BATCH_HEADER, emptyBatch, joinParts, sizeInBatch, splitParts } from '../batch/format.js';
import { encodeAnnounceReply, encodeFailure, encodeScrapeReply } from '../batch/replies.js';
import { decodeRequest } from '../batch/requests.js';
import { withFields, type Log } from '../log.js';
import type { TrackerComponents } from '../tracker/components.js';
import { failureOf } from '../tracker/failures.js';
import type { Tracker } from '../tracker/tracker.js';
import { headerOf, webActionResult, type WebAction, type WebActionParams } from './web-action.js';

/** A result has at most 1 MB, in base64 and with JSON around it. */
const MAX_ANSWER_BYTES = 700_000;

/**
 * Answers batches with the tracker, and any other request with the action.
 *
 * A client cannot send a batch through the gateway, which passes on neither its headers nor a body.
 * Whoever reaches the action past the gateway must have the secret, as for a single announce.
 */
export function withBatches(
  action: WebAction,
  tracker: Pick<Tracker, 'announce' | 'scrape'>,
  components: Pick<TrackerComponents, 'config' | 'log'>,
): WebAction {
  return async (params, run) => {
    if (!isBatch(params)) return action(params, run);
    const log = run === undefined ? components.log : withFields(components.log, run);
    try {
      const parts = splitParts(bodyOf(params));
      const { retryInMinutes } = components.config;
      // All are begun in order before any is waited for: announces of one swarm share its writes.
      const replies = await Promise.all(parts.map((part) => answer(part, tracker, retryInMinutes, log)));
      return webActionResult(joinParts(fitting(replies, retryInMinutes)));
    } catch (error) {
      log.error('batch not readable', { cause: error });
      return webActionResult(emptyBatch());
    }
  };
}

/** Whatever main is called with. */
function isBatch(params: WebActionParams | null | undefined): boolean {
  return headerOf(params ?? {}, BATCH_HEADER) !== undefined;
}

/** Never rejects: what goes wrong with one is told of that one. */
async function answer(
  part: Buffer,
  tracker: Pick<Tracker, 'announce' | 'scrape'>,
  retryInMinutes: number,
  log: Log,
): Promise<Buffer> {
  try {
    const { kind, request } = decodeRequest(part);
    if (kind === 'announce') return encodeAnnounceReply(await tracker.announce(request, log));
    return encodeScrapeReply(await tracker.scrape(request, log));
  } catch (error) {
    const { reason, retryIn } = failureOf(error, retryInMinutes, log);
    return encodeFailure(reason, retryIn);
  }
}

/**
 * What the platform would throw away as a whole is cut to its limit: the last ones are asked to
 * come again.
 */
function fitting(replies: readonly Buffer[], retryInMinutes: number): Buffer[] {
  const failure = encodeFailure('the tracker is busy, try again later', retryInMinutes);
  let room = MAX_ANSWER_BYTES - replies.length * sizeInBatch(failure);
  return replies.map((reply) => {
    const more = reply.length - failure.length;
    if (more > room) return failure;
    room -= Math.max(0, more);
    return reply;
  });
}

/** The controller says base64 of every body whose content type is binary. */
function bodyOf(params: WebActionParams): Buffer {
  const { __ow_body: body } = params;
  return Buffer.from(typeof body === 'string' ? body : '', 'base64');
}
