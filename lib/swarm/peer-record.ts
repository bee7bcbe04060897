import { byteAt, compareRange, readUint32, writeUint16, writeUint32 } from './bytes.js';

/**
 * A peer record: what a swarm knows of one peer at one address, in fixed width.
 *
 *     peer_id 20 | address 4 or 16 | port 2 | seen 4 | flags 1        (31 bytes for IPv4, 43 for IPv6; big-endian)
 *     '---------- identity -------------'
 *
 * Identity is (peer_id, address, port), so that nobody removes another's peer from another address. Address and port
 * lie together as the compact forms of BEP 23 and BEP 7 want them: a reply is slices of records.
 * `seen` is in seconds since the epoch.
 */
export interface RecordLayout {
  readonly addressLength: 4 | 16;
  readonly identityLength: number;
  readonly seenAt: number;
  readonly flagsAt: number;
  readonly size: number;
}

export const PEER_ID_LENGTH = 20;

/** Where address and port begin in a record. */
export const ENDPOINT_AT = PEER_ID_LENGTH;

export const V4: RecordLayout = { addressLength: 4, identityLength: 26, seenAt: 26, flagsAt: 30, size: 31 };
export const V6: RecordLayout = { addressLength: 16, identityLength: 38, seenAt: 38, flagsAt: 42, size: 43 };

/** The peer has the whole torrent. */
export const SEEDER = 1;
/** A partial seed (BEP 21): not a seeder, but downloading nothing more. */
export const PARTIAL_SEED = 2;
/** This peer's download has been counted; it is not counted again. */
export const COUNTED = 4;
/** A tombstone: the peer left. The highest bit, so that of two records of the same second the tombstone is newer. */
export const STOPPED = 128;

/** Bytes of a new record. */
export function createRecord(peer: {
  peerId: Uint8Array;
  address: Uint8Array;
  port: number;
  seen: number;
  flags: number;
}): Buffer {
  const layout = layoutOf(peer.address);
  const record = Buffer.allocUnsafe(layout.size);
  record.set(peer.peerId, 0);
  record.set(peer.address, ENDPOINT_AT);
  writeUint16(record, layout.identityLength - 2, peer.port);
  writeUint32(record, layout.seenAt, peer.seen);
  record[layout.flagsAt] = peer.flags;
  return record;
}

/** The layout for an address of 4 or 16 bytes. */
export function layoutOf(address: Uint8Array): RecordLayout {
  if (address.length === 4) return V4;
  if (address.length === 16) return V6;
  throw new RangeError(`an address has 4 or 16 bytes, not ${address.length}`);
}

/**
 * Which of two records of one peer is newer: positive if a is. Newer `seen` wins, ties go by the remaining bytes, so that
 * every process decides alike whatever it read first.
 */
export function compareAge(
  a: Uint8Array,
  aAt: number,
  b: Uint8Array,
  bAt: number,
  layout: RecordLayout,
): number {
  const seen = readUint32(a, aAt + layout.seenAt) - readUint32(b, bAt + layout.seenAt);
  if (seen !== 0) return seen;
  return byteAt(a, aAt + layout.flagsAt) - byteAt(b, bAt + layout.flagsAt);
}

export function compareIdentity(
  a: Uint8Array,
  aAt: number,
  b: Uint8Array,
  bAt: number,
  layout: RecordLayout,
): number {
  return compareRange(a, aAt, b, bAt, layout.identityLength);
}
