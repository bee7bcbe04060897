import type { AnnounceEvent, AnnounceRequest } from '../bittorrent/announce.js';
import { ClientError } from '../bittorrent/errors.js';
import { passkeyOf } from '../bittorrent/passkey.js';
import {
  COMPACT_V4_LENGTH,
  COMPACT_V6_LENGTH,
  INFOHASH_LENGTH,
  PEER_ID_LENGTH,
} from '../bittorrent/peers.js';
import {
  ANNOUNCE_LENGTH,
  ANNOUNCE_REPLY_HEAD,
  MAX_REPLY_V4,
  MAX_REPLY_V6,
  REQUEST_HEAD,
} from './protocol.js';
import { readUrlData } from './url-data.js';

const PEER_ID_AT = REQUEST_HEAD + INFOHASH_LENGTH;
const DOWNLOADED_AT = PEER_ID_AT + PEER_ID_LENGTH;
const LEFT_AT = DOWNLOADED_AT + 8;
const UPLOADED_AT = LEFT_AT + 8;
const EVENT_AT = UPLOADED_AT + 8;
const IP_AT = EVENT_AT + 4;
const NUMWANT_AT = IP_AT + 8;
const PORT_AT = NUMWANT_AT + 4;

/** By number. 4 is no part of BEP 15; it is how a client of BEP 21 says it. */
const EVENTS: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped', 'paused'];

const MAX_PEERS_V4 = Math.floor((MAX_REPLY_V4 - ANNOUNCE_REPLY_HEAD) / COMPACT_V4_LENGTH);
const MAX_PEERS_V6 = Math.floor((MAX_REPLY_V6 - ANNOUNCE_REPLY_HEAD) / COMPACT_V6_LENGTH);

/**
 * Reads an announce (BEP 15, 41). Its slices are those of the datagram: nothing is copied.
 * @param datagram with a connection id that was found right
 * @param from the client's address, 4 or 16 bytes
 * @throws ClientError if it is too short, or the port is 0
 */
export function parseAnnounce(datagram: Buffer, from: Uint8Array): AnnounceRequest {
  if (datagram.length < ANNOUNCE_LENGTH) throw new ClientError('the announce is too short', 'never');
  const port = datagram.readUInt16BE(PORT_AT);
  if (port === 0) throw new ClientError('port is 0', 'never');
  const numwant = datagram.readInt32BE(NUMWANT_AT);
  const target = datagram.length > ANNOUNCE_LENGTH ? readUrlData(datagram, ANNOUNCE_LENGTH) : '';
  return {
    front: 'udp',
    from,
    passkey: target === '' ? undefined : passkeyOf(target),
    infohash: datagram.subarray(REQUEST_HEAD, PEER_ID_AT),
    peerId: datagram.subarray(PEER_ID_AT, PEER_ID_AT + PEER_ID_LENGTH),
    port,
    uploaded: readBytes(datagram, UPLOADED_AT),
    downloaded: readBytes(datagram, DOWNLOADED_AT),
    left: readBytes(datagram, LEFT_AT),
    event: EVENTS[datagram.readUInt32BE(EVENT_AT)] ?? 'none',
    // -1 is the default; other negative numbers cannot mean anything else.
    numwant: numwant < 0 ? undefined : Math.min(numwant, maxPeers(from)),
    withIds: false,
    claimedAddress: datagram.readUInt32BE(IP_AT) === 0 ? undefined : datagram.subarray(IP_AT, IP_AT + 4),
  };
}

/** How many peers fit into one packet to a client with this address. */
export function maxPeers(address: Uint8Array): number {
  return address.length === 4 ? MAX_PEERS_V4 : MAX_PEERS_V6;
}

/** 64 bits; clients that do not know what is left say 2^64 - 1. */
function readBytes(datagram: Buffer, at: number): number {
  const bytes = datagram.readUInt32BE(at) * 2 ** 32 + datagram.readUInt32BE(at + 4);
  return Math.min(bytes, Number.MAX_SAFE_INTEGER);
}
