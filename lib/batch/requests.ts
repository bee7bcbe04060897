import type { AnnounceEvent, AnnounceRequest, Front } from '../bittorrent/announce.js';
import { INFOHASH_LENGTH, PEER_ID_LENGTH } from '../bittorrent/peers.js';
import type { ScrapeRequest } from '../bittorrent/scrape.js';
import { BatchFormatError, ByteReader, ByteWriter } from './bytes.js';
import { KIND, unknownKind } from './format.js';

const FRONTS: readonly Front[] = ['http', 'udp'];
const EVENTS: readonly AnnounceEvent[] = ['none', 'started', 'stopped', 'completed', 'paused'];

/** Bits of an announce that say what is there. */
const HAS_LEFT = 1;
const HAS_NUMWANT = 2;
const WITH_IDS = 4;
const HAS_UPLOADED = 8;
const HAS_DOWNLOADED = 16;

/** Kind, front, lengths of address and passkey. */
const HEAD_LENGTH = 4;
/** Event, flags, port, left, uploaded, downloaded, numwant, length of the claimed address. */
const ANNOUNCE_LENGTH = INFOHASH_LENGTH + PEER_ID_LENGTH + 1 + 1 + 2 + 8 + 8 + 8 + 4 + 1;

const MAX_PASSKEY = 255;

/** Bytes of a request as a part of a batch. The passkey is ASCII, at most 255 characters. */
export function encodeAnnounceRequest(request: AnnounceRequest): Buffer {
  const { claimedAddress, uploaded, downloaded, left, numwant } = request;
  const length = headLength(request) + ANNOUNCE_LENGTH + (claimedAddress?.length ?? 0);
  const writer = startRequest(KIND.announce, request, length)
    .bytes(request.infohash)
    .bytes(request.peerId)
    .u8(EVENTS.indexOf(request.event))
    .u8(
      (left === undefined ? 0 : HAS_LEFT) |
        (numwant === undefined ? 0 : HAS_NUMWANT) |
        (request.withIds ? WITH_IDS : 0) |
        (uploaded === undefined ? 0 : HAS_UPLOADED) |
        (downloaded === undefined ? 0 : HAS_DOWNLOADED),
    )
    .u16(request.port)
    .u64(left ?? 0)
    .u64(uploaded ?? 0)
    .u64(downloaded ?? 0)
    .u32(Math.min(numwant ?? 0, 2 ** 32 - 1))
    .u8(claimedAddress?.length ?? 0);
  if (claimedAddress !== undefined) writer.bytes(claimedAddress);
  return writer.target;
}

export function encodeScrapeRequest(request: ScrapeRequest): Buffer {
  const length = headLength(request) + INFOHASH_LENGTH * request.infohashes.length;
  const writer = startRequest(KIND.scrape, request, length);
  for (const infohash of request.infohashes) writer.bytes(infohash);
  return writer.target;
}

/** A request that came in a batch. */
export type BatchedRequest =
  | { readonly kind: 'announce'; readonly request: AnnounceRequest }
  | { readonly kind: 'scrape'; readonly request: ScrapeRequest };

/** @throws BatchFormatError if it is no request */
export function decodeRequest(part: Buffer): BatchedRequest {
  const reader = new ByteReader(part);
  const kind = reader.u8();
  const front = named(FRONTS, reader.u8());
  const from = addressOf(reader.bytes(reader.u8()));
  const key = reader.bytes(reader.u8());
  const passkey = key.length === 0 ? undefined : key.toString('latin1');
  if (kind === KIND.scrape) {
    const infohashes: Buffer[] = [];
    while (reader.left > 0) infohashes.push(reader.bytes(INFOHASH_LENGTH));
    return { kind: 'scrape', request: { front, from, passkey, infohashes } };
  }
  if (kind !== KIND.announce) return unknownKind();
  const infohash = reader.bytes(INFOHASH_LENGTH);
  const peerId = reader.bytes(PEER_ID_LENGTH);
  const event = named(EVENTS, reader.u8());
  const flags = reader.u8();
  const port = reader.u16();
  const left = reader.u64();
  const uploaded = reader.u64();
  const downloaded = reader.u64();
  const numwant = reader.u32();
  const claimed = reader.bytes(reader.u8());
  return {
    kind: 'announce',
    request: {
      front,
      from,
      passkey,
      infohash,
      peerId,
      port,
      uploaded: (flags & HAS_UPLOADED) === 0 ? undefined : uploaded,
      downloaded: (flags & HAS_DOWNLOADED) === 0 ? undefined : downloaded,
      left: (flags & HAS_LEFT) === 0 ? undefined : left,
      event,
      numwant: (flags & HAS_NUMWANT) === 0 ? undefined : numwant,
      withIds: (flags & WITH_IDS) !== 0,
      claimedAddress: claimed.length === 0 ? undefined : addressOf(claimed),
    },
  };
}

function startRequest(kind: number, request: AnnounceRequest | ScrapeRequest, length: number): ByteWriter {
  const passkey = passkeyBytes(request);
  return new ByteWriter(length)
    .u8(kind)
    .u8(FRONTS.indexOf(request.front))
    .u8(request.from.length)
    .bytes(request.from)
    .u8(passkey.length)
    .bytes(passkey);
}

function headLength(request: AnnounceRequest | ScrapeRequest): number {
  return HEAD_LENGTH + request.from.length + passkeyBytes(request).length;
}

const NONE = Buffer.alloc(0);

function passkeyBytes({ passkey }: AnnounceRequest | ScrapeRequest): Buffer {
  if (passkey === undefined) return NONE;
  if (passkey.length > MAX_PASSKEY) throw new RangeError('a passkey has at most 255 characters');
  return Buffer.from(passkey, 'latin1');
}

function addressOf(bytes: Buffer): Buffer {
  if (bytes.length !== 4 && bytes.length !== 16) throw new BatchFormatError('no address');
  return bytes;
}

function named<T>(names: readonly T[], number: number): T {
  return names[number] ?? unknownKind();
}
