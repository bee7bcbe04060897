/** Announces and scrapes over HTTP as URLs and bencoded replies (BEP 3, 7, 21, 23, 24, 48). */
import { formatAddress } from '../bittorrent/address.js';
import { BencodeError, decodeDictionary, isDictionary, type Bencoded } from '../metainfo/bencode.js';
import { endpoint, readCompactPeers } from './compact-peers.js';
import type { AnnounceAnswer, ClientAnnounce, ScrapeAnswer, ScrapedCounts } from './exchange.js';
import { malformed, TrackerError } from './tracker-error.js';

type Dictionary = ReadonlyMap<string, Bencoded>;

/** The announce URL with what is announced. Keeps what its query has already, a key for example. */
export function announceUrl(tracker: URL, announce: ClientAnnounce): URL {
  const { event, numwant } = announce;
  return withParameters(tracker, [
    ['info_hash', escapeBytes(announce.infohash)],
    ['peer_id', escapeBytes(announce.peerId)],
    ['port', String(announce.port)],
    ['uploaded', String(announce.uploaded)],
    ['downloaded', String(announce.downloaded)],
    ['left', String(announce.left)],
    ['compact', '1'],
    ...(event === 'none' ? [] : ([['event', event]] as const)),
    ...(numwant === undefined ? [] : ([['numwant', String(numwant)]] as const)),
  ]);
}

/**
 * The scrape URL (BEP 48): `announce` at the beginning of the last part of the path becomes
 * `scrape`.
 * @throws TrackerError if there is no such part, so that the tracker has no scrape
 */
export function scrapeUrl(tracker: URL, infohashes: readonly Uint8Array[]): URL {
  const path = tracker.pathname.replace(/\/announce([^/]*)$/, '/scrape$1');
  if (path === tracker.pathname) {
    throw new TrackerError('address', 'an announce URL without /announce at its end has no scrape');
  }
  const scrape = new URL(tracker);
  scrape.pathname = path;
  return withParameters(
    scrape,
    infohashes.map((infohash) => ['info_hash', escapeBytes(infohash)]),
  );
}

/**
 * Reads the reply to an announce.
 * @throws TrackerError with the tracker's own text if it refuses, or if this is no reply
 */
export function readAnnounceReply(body: Buffer): AnnounceAnswer {
  const reply = readReply(body);
  const interval = countIn(reply, 'interval');
  if (interval === undefined) throw malformed('a reply without an interval');
  const externalAddress = reply.get('external ip');
  return {
    interval,
    minInterval: countIn(reply, 'min interval'),
    seeders: countIn(reply, 'complete'),
    leechers: countIn(reply, 'incomplete'),
    downloads: countIn(reply, 'downloaded'),
    peers: [...readPeers(reply.get('peers'), 4), ...readPeers(reply.get('peers6'), 6)],
    externalAddress: Buffer.isBuffer(externalAddress) ? addressOf(externalAddress) : undefined,
    warning: textIn(reply, 'warning message'),
  };
}

/**
 * Reads the reply to a scrape.
 * @throws TrackerError with the tracker's own text if it refuses, or if this is no reply
 */
export function readScrapeReply(body: Buffer, infohashes: readonly Uint8Array[]): ScrapeAnswer {
  const files = readReply(body).get('files');
  if (!isDictionary(files)) throw malformed('a reply without files');
  return infohashes.map((infohash) => countsOf(files.get(Buffer.from(infohash).toString('latin1'))));
}

function readReply(body: Buffer): Dictionary {
  let reply: Dictionary;
  try {
    reply = decodeDictionary(body);
  } catch (cause) {
    if (!(cause instanceof BencodeError)) throw cause;
    throw malformed('no bencoded reply', cause);
  }
  const failure = textIn(reply, 'failure reason');
  if (failure !== undefined) throw new TrackerError('refused', failure);
  return reply;
}

function countsOf(file: Bencoded | undefined): ScrapedCounts | undefined {
  if (!isDictionary(file)) return undefined;
  return {
    seeders: countIn(file, 'complete') ?? 0,
    leechers: countIn(file, 'incomplete') ?? 0,
    downloads: countIn(file, 'downloaded') ?? 0,
  };
}

/** Compact, or a list of dictionaries; whatever is neither has no peers. */
function readPeers(peers: Bencoded | undefined, family: 4 | 6): string[] {
  if (Buffer.isBuffer(peers)) return readCompactPeers(peers, family);
  if (!Array.isArray(peers)) return [];
  return (peers as Bencoded[]).flatMap((peer) => {
    if (!isDictionary(peer)) return [];
    const [ip, port] = [textIn(peer, 'ip'), countIn(peer, 'port')];
    return ip === undefined || port === undefined ? [] : [endpoint(ip, port)];
  });
}

function addressOf(bytes: Buffer): string | undefined {
  return bytes.length === 4 || bytes.length === 16 ? formatAddress(bytes) : undefined;
}

function countIn(dictionary: Dictionary, key: string): number | undefined {
  const value = dictionary.get(key);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function textIn(dictionary: Dictionary, key: string): string | undefined {
  const value = dictionary.get(key);
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}

/** Values are escaped already: URLSearchParams would read bytes as text. */
function withParameters(url: URL, parameters: readonly (readonly [string, string])[]): URL {
  const query = parameters.map(([name, value]) => `${name}=${value}`).join('&');
  const whole = new URL(url);
  whole.search = url.search.length > 1 ? `${url.search}&${query}` : `?${query}`;
  return whole;
}

/** Letters and digits as they are, every other byte as %XX. */
function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^0-9A-Za-z]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
