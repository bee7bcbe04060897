/** Announces to and scrapes any tracker, by the scheme of its announce URL. */
import { randomBytes } from 'node:crypto';

import { MAX_SCRAPED } from '../udp/protocol.js';
import type { AnnounceAnswer, AskOptions, ClientAnnounce, ScrapeAnswer, ScrapedCounts } from './exchange.js';
import { fetchReply } from './http.js';
import * as http from './http-codec.js';
import { TrackerError } from './tracker-error.js';
import { UdpConversation } from './udp.js';
import * as udp from './udp-codec.js';

/** Infohashes of one request: so many make a URL of 3 KB, which servers take. */
const MAX_SCRAPED_HTTP = 40;

/**
 * An announce URL: http, https or udp, with a host.
 * @throws TrackerError that says what it takes
 */
export function parseTracker(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(https?|udp):$/.test(url.protocol) || url.hostname === '') {
    throw new TrackerError('address', 'takes an announce URL with http://, https:// or udp://');
  }
  return url;
}

/** @throws TrackerError if there is no answer that can be used */
export async function announce(
  tracker: URL,
  request: ClientAnnounce,
  options: AskOptions,
): Promise<AnnounceAnswer> {
  if (tracker.protocol !== 'udp:') {
    return http.readAnnounceReply(await fetchReply(http.announceUrl(tracker, request), options));
  }
  const key = randomBytes(4).readUInt32BE();
  const target = tracker.pathname + tracker.search;
  return UdpConversation.with(tracker, options, async (conversation) => {
    const reply = await conversation.ask((id, transaction) =>
      udp.encodeAnnounce(id, transaction, request, { key, target }),
    );
    return udp.readAnnounceReply(reply, conversation.family);
  });
}

/**
 * Asks for as many torrents as there are, in as many requests as that takes.
 * @throws TrackerError if there is no answer that can be used
 */
export async function scrape(
  tracker: URL,
  infohashes: readonly Uint8Array[],
  options: AskOptions,
): Promise<ScrapeAnswer> {
  if (tracker.protocol !== 'udp:') {
    const deadlineMs = performance.now() + options.timeoutMs;
    return inParts(infohashes, MAX_SCRAPED_HTTP, async (part) => {
      const left = { ...options, timeoutMs: Math.max(1, Math.ceil(deadlineMs - performance.now())) };
      return http.readScrapeReply(await fetchReply(http.scrapeUrl(tracker, part), left), part);
    });
  }
  return UdpConversation.with(tracker, options, (conversation) =>
    inParts(infohashes, MAX_SCRAPED, async (part) => {
      const reply = await conversation.ask((id, transaction) => udp.encodeScrape(id, transaction, part));
      return udp.readScrapeReply(reply, part.length);
    }),
  );
}

async function inParts(
  infohashes: readonly Uint8Array[],
  size: number,
  ask: (part: readonly Uint8Array[]) => Promise<ScrapeAnswer>,
): Promise<ScrapeAnswer> {
  const answers: (ScrapedCounts | undefined)[] = [];
  for (let at = 0; at < infohashes.length; at += size) {
    answers.push(...(await ask(infohashes.slice(at, at + size))));
  }
  return answers;
}
