/** `tracker announce`, `scrape` and `health`: asks trackers, and prints what they say. */
import { randomBytes } from 'node:crypto';

import type { AnnounceEvent } from '../../bittorrent/announce.js';
import { announce, parseTracker, scrape } from '../../client/ask.js';
import type { AnnounceAnswer, AskOptions, ClientAnnounce, ScrapeAnswer } from '../../client/exchange.js';
import { ConfigError } from '../../config.js';
import { configOf, givenSettings } from '../../config/given.js';
import { mapBounded } from '../../tracker/map-bounded.js';
import { VERSION } from '../../version.js';
import { healthOf } from './health.js';
import { failureOf, type Outcome } from './outcome.js';
import { jsonReport, textReport, type Paint } from './report.js';
import { TargetError, targetsOf, type Target } from './targets.js';

/** Statuses that the process ends with. */
const FAILED = 1;
const MISUSED = 2;

/** Trackers that are asked at once. */
const MAX_AT_ONCE = 8;
const DEFAULT_TIMEOUT_S = 30;
const DEFAULT_HEALTH_TIMEOUT_S = 5;
const DEFAULT_PORT = 6881;

export interface AskInvocation {
  readonly command: 'announce' | 'scrape' | 'health';
  /** Announce URLs, infohashes, magnet links, paths of .torrent files. */
  readonly what: readonly string[];
  /** By long name, as lib/cli/commands.mjs has them. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Colours, where they can be seen. */
  readonly paint: Paint;
}

/** @returns the status for the process to end with: 0 if every tracker answered */
export async function main(invocation: AskInvocation): Promise<number> {
  const { what, options, environment, out, err, paint } = invocation;
  let targets: Target[];
  try {
    const own = (): URL => ownTracker(environment, options['settings']);
    if (invocation.command === 'health') {
      const { isWell, line } = await healthOf(
        own(),
        1000 * numberOf(options['timeout'], DEFAULT_HEALTH_TIMEOUT_S),
      );
      out(`${line}\n`);
      return isWell ? 0 : FAILED;
    }
    targets = await targetsOf(what, own);
    if (invocation.command === 'scrape' && targets.some(({ infohashes }) => infohashes.length === 0)) {
      throw new TargetError('scrape takes a torrent: an infohash, a magnet link or a .torrent file');
    }
  } catch (error) {
    if (!(error instanceof TargetError || error instanceof ConfigError)) throw error;
    err(`${error.message}\n`);
    return MISUSED;
  }
  const ask = invocation.command === 'scrape' ? scrapeOne : announceAll;
  const outcomes = await mapBounded(targets, MAX_AT_ONCE, (target) => ask(target, options));
  const all = outcomes.flat();
  out(options['json'] === true ? jsonReport(all) : textReport(all, paint));
  return all.every(({ failure }) => failure === undefined) ? 0 : FAILED;
}

/** The tracker that `tracker start` runs with these settings. */
function ownTracker(environment: AskInvocation['environment'], file: unknown): URL {
  const { host, port } = configOf(givenSettings(environment, typeof file === 'string' ? file : undefined));
  const isAnywhere = host === '::' || host === '0.0.0.0';
  const named = isAnywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return parseTracker(`http://${named}:${port}/announce`);
}

async function scrapeOne(
  { tracker, infohashes }: Target,
  options: AskInvocation['options'],
): Promise<Outcome[]> {
  const startMs = performance.now();
  const outcome = (infohash: Buffer): Omit<Outcome, 'scraped' | 'failure'> => ({
    tracker: tracker.href,
    infohash: infohash.toString('hex'),
    ms: performance.now() - startMs,
  });
  try {
    const answer = await scrape(tracker, infohashes, askOptions(options));
    return infohashes.map((infohash, i) => ({ ...outcome(infohash), ...scrapedOf(answer, i) }));
  } catch (error) {
    const failure = failureOf(error);
    return infohashes.map((infohash) => ({ ...outcome(infohash), failure }));
  }
}

/** One after the other: they are all for the same tracker. */
async function announceAll(
  { tracker, infohashes }: Target,
  options: AskInvocation['options'],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const infohash of infohashes.length === 0 ? [randomBytes(20)] : infohashes) {
    outcomes.push(await announceOne(tracker, infohash, options));
  }
  return outcomes;
}

async function announceOne(
  tracker: URL,
  infohash: Buffer,
  options: AskInvocation['options'],
): Promise<Outcome> {
  const { event } = options;
  const request: ClientAnnounce = {
    infohash,
    peerId: newPeerId(),
    port: numberOf(options['port'], DEFAULT_PORT),
    uploaded: 0,
    downloaded: 0,
    left: numberOf(options['left'], 1),
    event: typeof event === 'string' ? (event as AnnounceEvent) : 'started',
    numwant: typeof options['numwant'] === 'number' ? options['numwant'] : undefined,
  };
  const startMs = performance.now();
  const asked = { tracker: tracker.href, infohash: infohash.toString('hex') };
  let announced: AnnounceAnswer;
  let ms: number;
  try {
    announced = await announce(tracker, request, askOptions(options));
    ms = performance.now() - startMs;
  } catch (error) {
    return { ...asked, ms: performance.now() - startMs, failure: failureOf(error) };
  }
  try {
    const answer = options['scrape'] === true ? await scrape(tracker, [infohash], askOptions(options)) : [];
    return { ...asked, ms, announced, ...scrapedOf(answer, 0) };
  } catch (error) {
    return { ...asked, ms, announced, failure: failureOf(error) };
  } finally {
    // Whoever named an event wants this one and no other.
    if (event === undefined) {
      await announce(tracker, { ...request, event: 'stopped', numwant: 0 }, askOptions(options)).catch(
        failureOf,
      );
    }
  }
}

function scrapedOf(answer: ScrapeAnswer, index: number): Pick<Outcome, 'scraped'> {
  const scraped = answer[index];
  return scraped === undefined ? {} : { scraped };
}

function askOptions(options: AskInvocation['options']): AskOptions {
  const only4 = options['ipv4'] === true;
  const only6 = options['ipv6'] === true;
  return {
    timeoutMs: 1000 * numberOf(options['timeout'], DEFAULT_TIMEOUT_S),
    family: only4 === only6 ? 0 : only4 ? 4 : 6,
  };
}

function numberOf(given: string | number | boolean | undefined, preset: number): number {
  return typeof given === 'number' ? given : preset;
}

/** With the letters and version of this software, as clients have it (BEP 20). */
function newPeerId(): Buffer {
  const version = VERSION.replaceAll(/\D/g, '').padEnd(4, '0').slice(0, 4);
  return Buffer.from(`-OW${version}-${randomBytes(6).toString('hex')}`, 'latin1');
}
