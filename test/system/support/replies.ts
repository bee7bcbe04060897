/** The tracker's replies, read as strictly as they should be written. */
import { decodeCanonical, type Bencoded } from '../../http/bencoding.js';
import type { HttpReply } from './http-replies.js';

export interface AnnounceReply {
  readonly complete: number;
  readonly incomplete: number;
  /** 6 bytes each, in hex: address and port. */
  readonly endpoints: readonly string[];
  /** In the order of the endpoints. */
  readonly ports: readonly number[];
  /** The client's address as the tracker sees it, in hex. */
  readonly externalIp: string;
}

export interface ScrapedCounts {
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
}

/** @throws Error for anything but a reply to an announce that succeeded, with compact peers */
export function announceReplyOf(reply: HttpReply): AnnounceReply {
  const entries = dictionaryOf(reply);
  const peers = bytesAt(entries, 'peers');
  const endpoints: string[] = [];
  const ports: number[] = [];
  for (let at = 0; at < peers.length; at += COMPACT) {
    endpoints.push(peers.toString('hex', at, at + COMPACT));
    ports.push(peers.readUInt16BE(at + COMPACT - 2));
  }
  return {
    complete: numberAt(entries, 'complete'),
    incomplete: numberAt(entries, 'incomplete'),
    endpoints,
    ports,
    externalIp: bytesAt(entries, 'external ip').toString('hex'),
  };
}

/**
 * Counts by infohash in hex.
 * @throws Error for anything but a reply to a scrape that succeeded
 */
export function scrapeReplyOf(reply: HttpReply): Map<string, ScrapedCounts> {
  const files = entryOf(dictionaryOf(reply), 'files');
  if (!(files instanceof Map)) throw new Error('a scrape without files');
  const counts = new Map<string, ScrapedCounts>();
  for (const [infohash, file] of files) {
    if (!(file instanceof Map)) throw new Error('a file that is no dictionary');
    counts.set(infohash, {
      complete: numberAt(file, 'complete'),
      incomplete: numberAt(file, 'incomplete'),
      downloaded: numberAt(file, 'downloaded'),
    });
  }
  return counts;
}

/** @throws Error for anything but a bencoded failure with status 200 */
export function failureOf(reply: HttpReply): string {
  return bytesAt(dictionaryOf(reply), 'failure reason').toString('latin1');
}

const COMPACT = 6;

type Dictionary = ReadonlyMap<string, Bencoded>;

function dictionaryOf({ status, body }: HttpReply): Dictionary {
  if (status !== 200) throw new Error(`status ${status}: ${body.toString('latin1')}`);
  const decoded = decodeCanonical(body);
  if (!(decoded instanceof Map)) throw new Error('the reply is no dictionary');
  return decoded;
}

function entryOf(entries: Dictionary, key: string): Bencoded | undefined {
  return entries.get(Buffer.from(key, 'latin1').toString('hex'));
}

function numberAt(entries: Dictionary, key: string): number {
  const value = entryOf(entries, key);
  if (typeof value === 'number') return value;
  throw new Error(`no number ${key} in ${describe(entries)}`);
}

function bytesAt(entries: Dictionary, key: string): Buffer {
  const value = entryOf(entries, key);
  if (Buffer.isBuffer(value)) return value;
  throw new Error(`no byte string ${key} in ${describe(entries)}`);
}

function describe(entries: Dictionary): string {
  return [...entries]
    .map(([key, value]) => {
      const text = Buffer.isBuffer(value) ? value.toString('latin1') : typeof value;
      return `${Buffer.from(key, 'hex').toString('latin1')}: ${text}`;
    })
    .join(', ');
}
