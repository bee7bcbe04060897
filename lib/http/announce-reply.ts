import { formatAddress } from '../bittorrent/address.js';
import type { AnnounceReply } from '../bittorrent/announce.js';
import { COMPACT_V4_LENGTH, COMPACT_V6_LENGTH, PEER_ID_LENGTH } from '../bittorrent/peers.js';
import { BencodeWriter, fixed, INTEGER_ROOM, LENGTH_ROOM } from './bencode-writer.js';

const COMPLETE = fixed('d8:completei');
const EXTERNAL_IP = fixed('11:external ip');
const INCOMPLETE = fixed('10:incompletei');
const INTERVAL = fixed('8:intervali');
const MIN_INTERVAL = fixed('12:min intervali');
const PEERS = fixed('5:peers');
const PEERS6 = fixed('6:peers6');
const LIST = fixed('l');
const PEER_IP = fixed('d2:ip');
const PEER_ID = fixed('7:peer id');
const PEER_PORT = fixed('4:porti');
const END = fixed('e');

/** The keys and values that every reply has, external ip at its longest, and the closing `e`. */
const HEAD_ROOM =
  [COMPLETE, EXTERNAL_IP, INCOMPLETE, INTERVAL, MIN_INTERVAL, END].reduce(
    (sum, part) => sum + part.length,
    0,
  ) +
  4 * INTEGER_ROOM +
  LENGTH_ROOM +
  16;
/** A dictionary with the longest address text (39 characters), peer id and port. */
const PEER_ROOM =
  PEER_IP.length +
  3 +
  39 +
  PEER_ID.length +
  3 +
  PEER_ID_LENGTH +
  PEER_PORT.length +
  INTEGER_ROOM +
  END.length;

/**
 * Encodes the reply to an announce, keys sorted. `peers` is always there, empty if need be: some clients take a reply
 * without it for damaged. `peers6` is there only if it has peers: every client that knows the key takes its absence for
 * none, and no other client needs to skip it. In dictionary form `peers` holds both families, with the ids that there are.
 * @param compact byte strings (BEP 23 and BEP 7) rather than dictionaries (BEP 3)
 * @throws RangeError if a number is not a non-negative integer
 */
export function encodeAnnounceReply(reply: AnnounceReply, compact: boolean): Buffer {
  return compact ? encodeCompact(reply) : encodeDictionaries(reply);
}

function encodeCompact(reply: AnnounceReply): Buffer {
  const { v4, v6 } = reply.peers;
  const room = HEAD_ROOM + PEERS.length + PEERS6.length + 2 * LENGTH_ROOM + v4.length + v6.length;
  const writer = startReply(reply, room).raw(PEERS).bytes(v4);
  if (v6.length > 0) writer.raw(PEERS6).bytes(v6);
  return writer.raw(END).finish();
}

function encodeDictionaries(reply: AnnounceReply): Buffer {
  const { v4, v6, ids4, ids6 } = reply.peers;
  const count = v4.length / COMPACT_V4_LENGTH + v6.length / COMPACT_V6_LENGTH;
  const room = HEAD_ROOM + PEERS.length + LIST.length + count * PEER_ROOM + END.length;
  const writer = startReply(reply, room).raw(PEERS).raw(LIST);
  writePeers(writer, v4, COMPACT_V4_LENGTH, ids4);
  writePeers(writer, v6, COMPACT_V6_LENGTH, ids6);
  return writer.raw(END).raw(END).finish();
}

function startReply(reply: AnnounceReply, room: number): BencodeWriter {
  return new BencodeWriter(room)
    .raw(COMPLETE)
    .integer(reply.complete)
    .raw(EXTERNAL_IP)
    .bytes(reply.externalIp)
    .raw(INCOMPLETE)
    .integer(reply.incomplete)
    .raw(INTERVAL)
    .integer(reply.interval)
    .raw(MIN_INTERVAL)
    .integer(reply.minInterval);
}

function writePeers(
  writer: BencodeWriter,
  peers: Uint8Array,
  width: number,
  ids: Uint8Array | undefined,
): void {
  for (let at = 0, id = 0; at < peers.length; at += width, id += PEER_ID_LENGTH) {
    const portAt = at + width - 2;
    writer.raw(PEER_IP).bytes(Buffer.from(formatAddress(peers.subarray(at, portAt)), 'latin1'));
    if (ids !== undefined) writer.raw(PEER_ID).bytes(ids.subarray(id, id + PEER_ID_LENGTH));
    writer.raw(PEER_PORT).integer(((peers[portAt] ?? 0) << 8) | (peers[portAt + 1] ?? 0));
    writer.raw(END);
  }
}
