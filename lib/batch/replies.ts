import type { AnnounceReply } from '../bittorrent/announce.js';
import { ClientError } from '../bittorrent/errors.js';
import {
  COMPACT_V4_LENGTH,
  COMPACT_V6_LENGTH,
  INFOHASH_LENGTH,
  PEER_ID_LENGTH,
  type PeerSample,
} from '../bittorrent/peers.js';
import type { ScrapedSwarm, ScrapeReply } from '../bittorrent/scrape.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { KIND, unknownKind } from './format.js';

const HAS_IDS_V4 = 1;
const HAS_IDS_V6 = 2;
/** Kind, four numbers, flags, two counts. */
const ANNOUNCE_HEAD = 1 + 16 + 1 + 4;
const SWARM_LENGTH = INFOHASH_LENGTH + 16;

/** In the place of minutes. */
const NEVER = 0xffff;

/** The address of the client is not in it: whoever asked knows it. */
export function encodeAnnounceReply(reply: AnnounceReply): Buffer {
  const { v4, v6, ids4, ids6 } = reply.peers;
  const length = ANNOUNCE_HEAD + v4.length + v6.length + (ids4?.length ?? 0) + (ids6?.length ?? 0);
  const writer = new ByteWriter(length)
    .u8(KIND.announce)
    .u32(reply.interval)
    .u32(reply.minInterval)
    .u32(reply.complete)
    .u32(reply.incomplete)
    .u8((ids4 === undefined ? 0 : HAS_IDS_V4) | (ids6 === undefined ? 0 : HAS_IDS_V6))
    .u16(v4.length / COMPACT_V4_LENGTH)
    .u16(v6.length / COMPACT_V6_LENGTH)
    .bytes(v4)
    .bytes(v6);
  if (ids4 !== undefined) writer.bytes(ids4);
  if (ids6 !== undefined) writer.bytes(ids6);
  return writer.target;
}

export function encodeScrapeReply({ minRequestInterval, swarms }: ScrapeReply): Buffer {
  const writer = new ByteWriter(5 + SWARM_LENGTH * swarms.length).u8(KIND.scrape).u32(minRequestInterval);
  for (const { infohash, complete, downloaded, incomplete, downloaders } of swarms) {
    writer.bytes(infohash).u32(complete).u32(downloaded).u32(incomplete).u32(downloaders);
  }
  return writer.target;
}

/** @param reason short, fixed, ASCII. @param retryIn minutes */
export function encodeFailure(reason: string, retryIn: number | 'never' | undefined): Buffer {
  const text = Buffer.from(reason, 'latin1');
  return new ByteWriter(3 + text.length)
    .u8(KIND.failure)
    .u16(retryIn === 'never' ? NEVER : (retryIn ?? 0))
    .bytes(text).target;
}

/**
 * @param from the client's address, 4 or 16 bytes
 * @throws ClientError, the failure that the tracker has answered with; BatchFormatError if it is no
 *   such reply
 */
export function decodeAnnounceReply(part: Buffer, from: Uint8Array): AnnounceReply {
  const reader = startReply(part, KIND.announce);
  const [interval, minInterval, complete, incomplete] = [
    reader.u32(),
    reader.u32(),
    reader.u32(),
    reader.u32(),
  ];
  const flags = reader.u8();
  const [many4, many6] = [reader.u16(), reader.u16()];
  const peers: PeerSample = {
    v4: reader.bytes(many4 * COMPACT_V4_LENGTH),
    v6: reader.bytes(many6 * COMPACT_V6_LENGTH),
    ...((flags & HAS_IDS_V4) === 0 ? {} : { ids4: reader.bytes(many4 * PEER_ID_LENGTH) }),
    ...((flags & HAS_IDS_V6) === 0 ? {} : { ids6: reader.bytes(many6 * PEER_ID_LENGTH) }),
  };
  return { interval, minInterval, complete, incomplete, peers, externalIp: from };
}

/** @throws as decodeAnnounceReply */
export function decodeScrapeReply(part: Buffer): ScrapeReply {
  const reader = startReply(part, KIND.scrape);
  const minRequestInterval = reader.u32();
  const swarms: ScrapedSwarm[] = [];
  while (reader.left > 0) {
    swarms.push({
      infohash: reader.bytes(INFOHASH_LENGTH),
      complete: reader.u32(),
      downloaded: reader.u32(),
      incomplete: reader.u32(),
      downloaders: reader.u32(),
    });
  }
  return { swarms, minRequestInterval };
}

function startReply(part: Buffer, wanted: number): ByteReader {
  const reader = new ByteReader(part);
  const kind = reader.u8();
  if (kind === KIND.failure) throw failureOf(reader);
  return kind === wanted ? reader : unknownKind();
}

function failureOf(reader: ByteReader): ClientError {
  const retryIn = reader.u16();
  const reason = reader.bytes(reader.left).toString('latin1');
  return new ClientError(reason, retryIn === 0 ? undefined : retryIn === NEVER ? 'never' : retryIn);
}
