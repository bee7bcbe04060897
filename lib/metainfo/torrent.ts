/** What somebody means by "this torrent": an infohash, a magnet link or a .torrent file. */
import { createHash } from 'node:crypto';

import { BencodeError, decodeDictionary, encodedValues, isDictionary, type Bencoded } from './bencode.js';

/** A text or file names no torrent. */
export class TorrentError extends Error {
  override readonly name = 'TorrentError';
}

export interface Torrent {
  /**
   * 20 bytes each: what clients announce. Of a hybrid torrent there are two, that of BEP 3 first; a
   * hash of BEP 52 (SHA-256) counts with its first 20 bytes.
   */
  readonly infohashes: readonly Buffer[];
  /** Announce URLs, the first tier first, each once. */
  readonly trackers: readonly string[];
}

/**
 * Reads an infohash, as 40 hex digits, 32 characters of base32 or 64 hex digits (BEP 52), or a
 * magnet link (BEP 9). Blanks around it do not count.
 * @throws TorrentError that says what was expected
 */
export function parseTorrent(text: string): Torrent {
  const given = text.trim();
  if (/^magnet:/i.test(given)) return parseMagnet(given);
  const infohash = parseInfohash(given);
  if (infohash === undefined) {
    throw new TorrentError(
      'takes an infohash (40 or 64 hex digits, or 32 characters of base32) or a magnet link',
    );
  }
  return { infohashes: [infohash], trackers: [] };
}

/**
 * Reads a .torrent file: BEP 3, BEP 12 (announce-list), BEP 52.
 * @throws TorrentError if it is none
 */
export function readTorrentFile(bytes: Buffer): Torrent {
  const metainfo = asTorrent(() => decodeDictionary(bytes));
  const info = metainfo.get('info');
  const encodedInfo = asTorrent(() => encodedValues(bytes)).get('info');
  if (!isDictionary(info) || encodedInfo === undefined) throw new TorrentError('no torrent: info is missing');
  const infohashes: Buffer[] = [];
  if (info.has('pieces')) infohashes.push(createHash('sha1').update(encodedInfo).digest());
  if (info.get('meta version') === 2) infohashes.push(truncatedSha256(encodedInfo));
  if (infohashes.length === 0)
    throw new TorrentError('no torrent: info has neither pieces nor meta version 2');
  return { infohashes, trackers: trackersOf(metainfo) };
}

/** 20 bytes, or undefined for what is no infohash. */
function parseInfohash(text: string): Buffer | undefined {
  if (/^[0-9a-f]{40}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex').subarray(0, INFOHASH_LENGTH);
  return /^[a-z2-7]{32}$/i.test(text) ? fromBase32(text) : undefined;
}

/**
 * The exact topics of a magnet link: `urn:btih:` with an infohash, `urn:btmh:` with a multihash of
 * SHA-256.
 */
function parseMagnet(link: string): Torrent {
  const query = new URLSearchParams(link.slice(link.indexOf('?') + 1));
  const infohashes = query.getAll('xt').flatMap((topic) => {
    const [, kind = '', hash = ''] = /^urn:(btih|btmh):(?:1220(?=[0-9a-f]{64}$))?(.*)$/i.exec(topic) ?? [];
    const isRightLength = kind.toLowerCase() === 'btmh' ? hash.length === 64 : hash.length < 64;
    const infohash = isRightLength ? parseInfohash(hash) : undefined;
    return infohash === undefined ? [] : [infohash];
  });
  if (infohashes.length === 0) throw new TorrentError('a magnet link without xt=urn:btih: or xt=urn:btmh:');
  return { infohashes, trackers: distinct(query.getAll('tr')) };
}

function trackersOf(metainfo: ReadonlyMap<string, Bencoded>): string[] {
  const tiers = metainfo.get('announce-list');
  const listed = Array.isArray(tiers) ? (tiers as Bencoded[]).flat() : [];
  const urls = [metainfo.get('announce'), ...listed].filter((url) => Buffer.isBuffer(url));
  return distinct(urls.map((url) => url.toString('utf8')));
}

function distinct(urls: readonly string[]): string[] {
  return [...new Set(urls.filter((url) => url !== ''))];
}

function truncatedSha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, INFOHASH_LENGTH);
}

/** RFC 4648, 32 characters of 5 bits: 20 bytes without padding. */
function fromBase32(text: string): Buffer {
  let bits = 0n;
  for (const character of text.toUpperCase()) bits = (bits << 5n) | BigInt(BASE32.indexOf(character));
  return Buffer.from(bits.toString(16).padStart(2 * INFOHASH_LENGTH, '0'), 'hex');
}

function asTorrent<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BencodeError) throw new TorrentError(`no torrent: ${cause.message}`, { cause });
    throw cause;
  }
}

const INFOHASH_LENGTH = 20;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
