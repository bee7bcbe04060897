/** Announces and scrapes over UDP as datagrams (BEP 15), with the path of the URL (BEP 41). */
import type { AnnounceEvent } from '../bittorrent/announce.js';
import {
  ACTION,
  ACTION_AT,
  ANNOUNCE_LENGTH,
  ANNOUNCE_REPLY_HEAD,
  CONNECT_MAGIC,
  REPLY_HEAD,
  REQUEST_HEAD,
  SCRAPED_LENGTH,
  TRANSACTION_AT,
} from '../udp/protocol.js';
import { readCompactPeers } from './compact-peers.js';
import type { AnnounceAnswer, ClientAnnounce, ScrapeAnswer } from './exchange.js';
import { malformed, TrackerError } from './tracker-error.js';

/** `paused` is no part of BEP 15; 4 is how clients of BEP 21 say it. */
const EVENTS: Readonly<Record<AnnounceEvent, number>> = {
  none: 0,
  completed: 1,
  started: 2,
  stopped: 3,
  paused: 4,
};

const END_OF_OPTIONS = 0;
const URL_DATA = 2;
const MAX_OPTION = 255;

/** @param transaction 32 bits, here and below */
export function encodeConnect(transaction: number): Buffer {
  const bytes = Buffer.alloc(REQUEST_HEAD);
  bytes.writeUInt32BE(CONNECT_MAGIC.high, 0);
  bytes.writeUInt32BE(CONNECT_MAGIC.low, 4);
  bytes.writeUInt32BE(ACTION.connect, ACTION_AT);
  bytes.writeUInt32BE(transaction, TRANSACTION_AT);
  return bytes;
}

/**
 * @param connectionId 8 bytes, from the reply to a connect
 * @param key 32 random bits by which a tracker knows the client at another address
 * @param target path and query of the announce URL; empty or `/` for none
 */
export function encodeAnnounce(
  connectionId: Uint8Array,
  transaction: number,
  announce: ClientAnnounce,
  { key, target }: { readonly key: number; readonly target: string },
): Buffer {
  const bytes = Buffer.alloc(ANNOUNCE_LENGTH);
  writeHead(bytes, connectionId, ACTION.announce, transaction);
  bytes.set(announce.infohash, 16);
  bytes.set(announce.peerId, 36);
  bytes.writeBigUInt64BE(BigInt(announce.downloaded), 56);
  bytes.writeBigUInt64BE(BigInt(announce.left), 64);
  bytes.writeBigUInt64BE(BigInt(announce.uploaded), 72);
  bytes.writeUInt32BE(EVENTS[announce.event], 80);
  // 84: the address, 0 for the one that the datagram comes from.
  bytes.writeUInt32BE(key, 88);
  bytes.writeInt32BE(announce.numwant ?? -1, 92);
  bytes.writeUInt16BE(announce.port, 96);
  return target === '' || target === '/' ? bytes : Buffer.concat([bytes, urlData(target)]);
}

/** @param infohashes at most MAX_SCRAPED */
export function encodeScrape(
  connectionId: Uint8Array,
  transaction: number,
  infohashes: readonly Uint8Array[],
): Buffer {
  const head = Buffer.alloc(REQUEST_HEAD);
  writeHead(head, connectionId, ACTION.scrape, transaction);
  return Buffer.concat([head, ...infohashes]);
}

/** Whether a datagram answers that request at all: what does not is somebody else's. */
export function answers(datagram: Buffer, transaction: number): boolean {
  return datagram.length >= REPLY_HEAD && datagram.readUInt32BE(4) === transaction;
}

/**
 * The connection id, 8 bytes.
 * @throws TrackerError with the tracker's own text if it refuses, or if this is no reply
 */
export function readConnectReply(datagram: Buffer): Buffer {
  requireReply(datagram, ACTION.connect, REQUEST_HEAD);
  return datagram.subarray(REPLY_HEAD, REQUEST_HEAD);
}

/**
 * @param family of the tracker's address: that of the peers, too
 * @throws TrackerError with the tracker's own text if it refuses, or if this is no reply
 */
export function readAnnounceReply(datagram: Buffer, family: 4 | 6): AnnounceAnswer {
  requireReply(datagram, ACTION.announce, ANNOUNCE_REPLY_HEAD);
  return {
    interval: datagram.readUInt32BE(8),
    minInterval: undefined,
    leechers: datagram.readUInt32BE(12),
    seeders: datagram.readUInt32BE(16),
    downloads: undefined,
    peers: readCompactPeers(datagram.subarray(ANNOUNCE_REPLY_HEAD), family),
    externalAddress: undefined,
    warning: undefined,
  };
}

/**
 * @param asked how many infohashes; a tracker may answer fewer
 * @throws TrackerError with the tracker's own text if it refuses, or if this is no reply
 */
export function readScrapeReply(datagram: Buffer, asked: number): ScrapeAnswer {
  requireReply(datagram, ACTION.scrape, REPLY_HEAD);
  return Array.from({ length: asked }, (_, i) => {
    const at = REPLY_HEAD + SCRAPED_LENGTH * i;
    if (at + SCRAPED_LENGTH > datagram.length) return undefined;
    return {
      seeders: datagram.readUInt32BE(at),
      downloads: datagram.readUInt32BE(at + 4),
      leechers: datagram.readUInt32BE(at + 8),
    };
  });
}

function requireReply(datagram: Buffer, action: number, length: number): void {
  const given = datagram.length < REPLY_HEAD ? undefined : datagram.readUInt32BE(0);
  if (given === ACTION.error) {
    throw new TrackerError('refused', datagram.toString('utf8', REPLY_HEAD).replace(/\0+$/, ''));
  }
  if (given !== action) throw malformed('a reply to something else');
  if (datagram.length < length) throw malformed(`a reply of ${datagram.length} bytes`);
}

function writeHead(bytes: Buffer, connectionId: Uint8Array, action: number, transaction: number): void {
  bytes.set(connectionId, 0);
  bytes.writeUInt32BE(action, ACTION_AT);
  bytes.writeUInt32BE(transaction, TRANSACTION_AT);
}

/** One that is long goes into several options. */
function urlData(target: string): Buffer {
  const bytes = Buffer.from(target, 'latin1');
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += MAX_OPTION) {
    const part = bytes.subarray(at, at + MAX_OPTION);
    parts.push(Buffer.from([URL_DATA, part.length]), part);
  }
  return Buffer.concat([...parts, Buffer.from([END_OF_OPTIONS])]);
}
