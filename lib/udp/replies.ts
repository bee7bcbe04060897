import type { AnnounceReply } from '../bittorrent/announce.js';
import { COMPACT_V4_LENGTH, COMPACT_V6_LENGTH } from '../bittorrent/peers.js';
import type { ScrapeReply } from '../bittorrent/scrape.js';
import { maxPeers } from './announce-request.js';
import {
  ACTION,
  ANNOUNCE_REPLY_HEAD,
  REPLY_HEAD,
  REQUEST_HEAD,
  SCRAPED_LENGTH,
  TRANSACTION_AT,
} from './protocol.js';

/** The id is yet to be written. */
export const CONNECTION_ID_AT = 8;

/**
 * The reply to a connect, as long as the request (BEP 15). The caller writes the id at {@link
 * CONNECTION_ID_AT}.
 */
export function startConnectReply(request: Buffer): Buffer {
  return startReply(ACTION.connect, request, REQUEST_HEAD);
}

/**
 * The reply to an announce: peers of the client's own family only, as BEP 15 has no others, and no
 * more of them than fit into one packet.
 * @param from the client's address, 4 or 16 bytes
 */
export function encodeAnnounceReply(request: Buffer, from: Uint8Array, reply: AnnounceReply): Buffer {
  const isV4 = from.length === 4;
  const peers = isV4 ? reply.peers.v4 : reply.peers.v6;
  const width = isV4 ? COMPACT_V4_LENGTH : COMPACT_V6_LENGTH;
  const length = Math.min(peers.length, maxPeers(from) * width);
  const bytes = startReply(ACTION.announce, request, ANNOUNCE_REPLY_HEAD + length);
  bytes.writeUInt32BE(reply.interval, 8);
  bytes.writeUInt32BE(reply.incomplete, 12);
  bytes.writeUInt32BE(reply.complete, 16);
  bytes.set(length === peers.length ? peers : peers.subarray(0, length), ANNOUNCE_REPLY_HEAD);
  return bytes;
}

/**
 * The reply to a scrape: counts in the order of the request, since BEP 15 has nothing else to tell
 * torrents by. One that the tracker has left out has zeros.
 * @param infohashes of the request, 20 bytes each
 */
export function encodeScrapeReply(
  request: Buffer,
  infohashes: readonly Buffer[],
  { swarms }: ScrapeReply,
): Buffer {
  const bytes = startReply(ACTION.scrape, request, REPLY_HEAD + SCRAPED_LENGTH * infohashes.length);
  bytes.fill(0, REPLY_HEAD);
  let next = 0;
  infohashes.forEach((infohash, i) => {
    const swarm = swarms[next];
    if (swarm === undefined || !infohash.equals(swarm.infohash)) return;
    next++;
    const at = REPLY_HEAD + SCRAPED_LENGTH * i;
    bytes.writeUInt32BE(swarm.complete, at);
    bytes.writeUInt32BE(swarm.downloaded, at + 4);
    bytes.writeUInt32BE(swarm.incomplete, at + 8);
  });
  return bytes;
}

/** @param text short, fixed, ASCII */
export function encodeError(request: Buffer, text: string): Buffer {
  const bytes = startReply(ACTION.error, request, REPLY_HEAD + text.length);
  bytes.write(text, REPLY_HEAD, 'latin1');
  return bytes;
}

function startReply(action: number, request: Buffer, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32BE(action, 0);
  bytes.writeUInt32BE(request.readUInt32BE(TRANSACTION_AT), 4);
  return bytes;
}
