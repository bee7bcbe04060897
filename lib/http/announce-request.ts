import { ClientError } from '../bittorrent/errors.js';
import { missingInfohash, readInfohash } from './infohash.js';
import { PEER_ID_LENGTH } from '../bittorrent/peers.js';
import { MALFORMED, QueryCursor } from './query.js';

/** What the client says has happened since its last announce; `paused` is a partial seed (BEP 21). */
export type AnnounceEvent = 'none' | 'started' | 'stopped' | 'completed' | 'paused';

/** An announce (BEP 3, 7, 21, 23) as the client sent it, checked. */
export interface AnnounceRequest {
  /** 20 bytes. */
  readonly infohash: Buffer;
  /** 20 bytes. */
  readonly peerId: Buffer;
  /** 1 to 65535. */
  readonly port: number;
  /** Bytes that are still missing: 0 is a seeder; undefined (missing or not a number) is a leecher. */
  readonly left: number | undefined;
  readonly event: AnnounceEvent;
  /** How many peers to return at most. */
  readonly numwant: number;
  /** Whether peers go out in compact form (BEP 23) rather than as dictionaries. */
  readonly compact: boolean;
  /** Whether the dictionary form leaves out the peer ids. */
  readonly noPeerId: boolean;
  /** The unescaped text of the `ip` parameter, whatever it holds; undefined if missing, empty, over-long or not ASCII. */
  readonly ip: string | undefined;
}

export interface AnnounceOptions {
  /** For a request without a usable `numwant`; at most `numwantMax`. */
  readonly numwantDefault: number;
  readonly numwantMax: number;
}

/** A full IPv6 address with an embedded IPv4 one and an interface name has 61 characters. */
const IP_TEXT_MAX = 64;

/**
 * Reads the query of an announce. Of a repeated parameter the last one counts, but for `info_hash`, of which there must
 * be exactly one. Unknown parameters are skipped.
 * @param query what follows the `?`, still escaped
 * @throws ClientError if `info_hash`, `peer_id` or `port` is missing or wrong; everything else has a default
 */
export function parseAnnounce(query: string, options: AnnounceOptions): AnnounceRequest {
  const cursor = new QueryCursor(query);
  const peerId = Buffer.allocUnsafe(PEER_ID_LENGTH);
  let infohash: Buffer | undefined;
  let peerIdLength: number | undefined;
  let hasPort = false;
  let port: number | undefined;
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
  if (port === undefined || port < 1 || port > 65_535) {
    throw new ClientError(hasPort ? 'port is not a number from 1 to 65535' : 'missing port', 'never');
  }
  return {
    infohash,
    peerId,
    port,
    left,
    event,
    numwant: Math.min(numwant ?? options.numwantDefault, options.numwantMax),
    compact,
    noPeerId,
    ip: ip === '' ? undefined : ip,
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
