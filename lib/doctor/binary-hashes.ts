import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { Answer } from '../deployment/get-once.mjs';
import { announceQuery, escaped, newPeer, type Peer } from '../deployment/web-action-client.mjs';
import { isDictionary, type Bencoded } from '../metainfo/bencode.js';
import { ok, wrong, type Finding } from '../finding.js';
import type { Route } from './route.js';

export interface HashTrial {
  readonly subject: string;
  readonly route: Route;
  /** The dictionary of a reply. Throws if it is none, or a failure. */
  readonly replyOf: (answer: Answer) => ReadonlyMap<string, Bencoded>;
  /** What mends it if hashes come to harm. */
  readonly remedy: string;
}

/**
 * Few, as each is two invocations. Of a million random ones 15 survive being taken for text, so one
 * would do.
 */
const hashCount = 5;

/** What gets hurt where a query is decoded and written anew. */
const delicate = Buffer.from([0xff, 0x00, 0x25, 0x26, 0x2b, 0xc3, 0x28]);

/** How long copies may take to follow. */
const patienceMs = 2000;
const pauseMs = 200;

/**
 * Announces a peer in each of some swarms with random names, scrapes all of them, and has the peers
 * stop.
 * @throws Error, NoReplyError, BencodeError if an announce or the scrape is not answered
 */
export async function tryBinaryHashes({ subject, route, replyOf, remedy }: HashTrial): Promise<Finding> {
  const peers = Array.from({ length: hashCount }, newDelicatePeer);
  const announced: Peer[] = [];
  try {
    for (const peer of peers) {
      announced.push(peer);
      replyOf(await route('announce', announceQuery('started', peer)));
    }
    const detail = await missingIn(peers, async (attempt) =>
      filesOf(replyOf(await route('scrape', scrapeQuery(peers, attempt)))),
    );
    return detail === undefined
      ? ok(subject, `${hashCount} random ones came back byte for byte, each with its peer`)
      : wrong(subject, detail, remedy);
  } finally {
    for (const peer of announced)
      await route('announce', announceQuery('stopped', peer)).catch(() => undefined);
  }
}

function newDelicatePeer(): Peer {
  const rest = randomBytes(20 - delicate.length);
  return { ...newPeer(), infohash: Buffer.concat([delicate, rest]) };
}

/**
 * @param attempt makes each scrape another request, which no cache has; the tracker skips what it
 *   does not know
 */
function scrapeQuery(peers: readonly Peer[], attempt: number): string {
  const hashes = peers.map(({ infohash }) => `info_hash=${escaped(infohash)}`);
  return `${hashes.join('&')}&attempt=${attempt}`;
}

function filesOf(reply: ReadonlyMap<string, Bencoded>): ReadonlyMap<string, Bencoded> {
  const files = reply.get('files');
  return isDictionary(files) ? files : new Map<string, Bencoded>();
}

/** What is not as it should be, once nothing changes any more; undefined if all is. */
async function missingIn(
  peers: readonly Peer[],
  scrape: (attempt: number) => Promise<ReadonlyMap<string, Bencoded>>,
): Promise<string | undefined> {
  const wanted = peers.map(({ infohash }) => Buffer.from(infohash).toString('latin1')).sort();
  const deadline = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    const files = await scrape(attempt);
    const same = wanted.filter((hash) => files.has(hash));
    if (same.length < wanted.length || files.size !== wanted.length) {
      return `${same.length} of ${wanted.length} came back in a scrape, with ${files.size - same.length} that nobody asked for`;
    }
    const counted = wanted.filter((hash) => peersIn(files.get(hash)) === 1).length;
    if (counted === wanted.length) return undefined;
    if (performance.now() > deadline) return `the peers of ${counted} of ${wanted.length} are counted`;
    await delay(pauseMs);
  }
}

function peersIn(file: Bencoded | undefined): number {
  if (!isDictionary(file)) return 0;
  return Number(file.get('complete') ?? 0) + Number(file.get('incomplete') ?? 0);
}
