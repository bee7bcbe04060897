import { parseAddress } from '../bittorrent/address.js';
import type { AnnounceEvent, AnnounceRequest } from '../bittorrent/announce.js';
import { ClientError } from '../bittorrent/errors.js';
import { INFOHASH_LENGTH, PEER_ID_LENGTH } from '../bittorrent/peers.js';
import { MALFORMED, QueryCursor } from './query.js';

/** An announce as an HTTP client sent it. */
export interface HttpAnnounceRequest extends AnnounceRequest {
  readonly front: 'http';
  /** Whether peers go out as byte strings (BEP 23 and BEP 7) rather than dictionaries (BEP 3). */
  readonly compact: boolean;
}

/** A full IPv6 address with an embedded IPv4 one and an interface name has 61 characters. */
const IP_TEXT_MAX = 64;

/**
 * Reads the query of an announce (BEP 3, 7, 21, 23). Of a repeated parameter the last one counts,
 * but for `info_hash`, of which there must be exactly one. Unknown parameters are skipped.
 * @param query what follows the `?`, still escaped
 * @param from the client's address, 4 or 16 bytes
 * @param passkey the client's own part of the path
 * @throws ClientError if `info_hash`, `peer_id` or `port` is missing or wrong; everything else has
 *   a default
 */
export function parseAnnounce(query: string, from: Uint8Array, passkey?: string): HttpAnnounceRequest {
  const cursor = new QueryCursor(query);
  const peerId = Buffer.allocUnsafe(PEER_ID_LENGTH);
  let infohash: Buffer | undefined;
  let peerIdLength: number | undefined;
  let hasPort = false;
  let port: number | undefined;
  let uploaded: number | undefined;
  let downloaded: number | undefined;
  let left: number | undefined;
  let event: AnnounceEvent = 'none';
  let numwant: number | undefined;
  let compact = true;
  let noPeerId = false;
  let ip: string | undefined;

  while (cursor.next()) {
    if (cursor.nameIs('info_hash')) {
      if (infohash !== undefined) throw new ClientError('more than one info_hash', 'never');
      infohash = readInfohash(cursor);
    } else if (cursor.nameIs('peer_id')) {
      peerIdLength = cursor.decodeValue(peerId);
    } else if (cursor.nameIs('port')) {
      hasPort = true;
      port = cursor.integerValue();
    } else if (cursor.nameIs('uploaded')) {
      uploaded = cursor.integerValue();
    } else if (cursor.nameIs('downloaded')) {
      downloaded = cursor.integerValue();
    } else if (cursor.nameIs('left')) {
      left = cursor.integerValue();
    } else if (cursor.nameIs('event')) {
      event = readEvent(cursor);
    } else if (cursor.nameIs('numwant')) {
      numwant = cursor.integerValue();
    } else if (cursor.nameIs('compact')) {
      compact = !cursor.valueIs('0');
    } else if (cursor.nameIs('no_peer_id')) {
      noPeerId = cursor.valueIs('1');
    } else if (cursor.nameIs('ip')) {
      ip = cursor.textValue(IP_TEXT_MAX);
    }
  }

  if (infohash === undefined) throw missingInfohash();
  if (peerIdLength !== PEER_ID_LENGTH) throw peerIdFailure(peerIdLength);
  if (port === undefined || port > 65_535) {
    throw new ClientError(hasPort ? 'port is not a number from 0 to 65535' : 'missing port', 'never');
  }
  return {
    front: 'http',
    from,
    passkey,
    infohash,
    peerId,
    port,
    uploaded,
    downloaded,
    left,
    event,
    numwant,
    withIds: !compact && !noPeerId,
    claimedAddress: ip === undefined ? undefined : parseAddress(ip),
    compact,
  };
}

function readEvent(cursor: QueryCursor): AnnounceEvent {
  if (cursor.valueIs('started')) return 'started';
  if (cursor.valueIs('stopped')) return 'stopped';
  if (cursor.valueIs('completed')) return 'completed';
  if (cursor.valueIs('paused')) return 'paused';
  return 'none';
}

function peerIdFailure(length: number | undefined): ClientError {
  if (length === undefined) return new ClientError('missing peer_id', 'never');
  return new ClientError(length === MALFORMED ? 'malformed peer_id' : 'peer_id is not 20 bytes', 'never');
}

/**
 * Reads the query of a scrape (BEP 48): the first `maxHashes` distinct infohashes. What comes after
 * those is not read, so the work is bounded by the cap, and a client that asks for more gets an
 * answer about the first ones rather than none.
 * @param query what follows the `?`, still escaped
 * @param maxHashes at least 1
 * @throws ClientError if there is no `info_hash`, or one is malformed or not 20 bytes
 */
export function parseScrape(query: string, maxHashes: number): Buffer[] {
  const cursor = new QueryCursor(query);
  const distinct = new Map<string, Buffer>();
  while (distinct.size < maxHashes && cursor.next()) {
    if (!cursor.nameIs('info_hash')) continue;
    const infohash = readInfohash(cursor);
    distinct.set(infohash.toString('hex'), infohash);
  }
  if (distinct.size === 0) throw missingInfohash();
  return [...distinct.values()];
}

/**
 * The `info_hash` under the cursor as a new buffer of 20 bytes.
 * @throws ClientError if the value is malformed or not 20 bytes long
 */
function readInfohash(cursor: QueryCursor): Buffer {
  const infohash = Buffer.allocUnsafe(INFOHASH_LENGTH);
  const length = cursor.decodeValue(infohash);
  if (length === INFOHASH_LENGTH) return infohash;
  throw new ClientError(length === MALFORMED ? 'malformed info_hash' : 'info_hash is not 20 bytes', 'never');
}

/** The failure of an announce or a scrape that names no torrent. */
function missingInfohash(): ClientError {
  return new ClientError('missing info_hash', 'never');
}
