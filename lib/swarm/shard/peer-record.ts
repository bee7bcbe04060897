import { byteAt, compareRange, copyBytes, readUint32, writeUint16, writeUint32 } from './bytes.js';

/**
 * A peer record: what a swarm knows of one peer at one address, in fixed width.
 *
 *     peer_id 20 | address 4 or 16 | port 2 | seen 4 | flags 1      big-endian; IPv4: 31 bytes,
 *     '---------- identity -------------'                          IPv6: 43 bytes
 *
 * Identity is (peer_id, address, port), so that nobody removes another's peer from another address.
 * Address and port lie together as in the compact forms of BEP 23 and BEP 7: a reply is slices of
 * records.
 *
 * `seen` is when the peer last announced, in seconds since the epoch. The upper half of the flags
 * has the sixteenths of that second, so that comparing the bytes compares the time. The lower half
 * says what the peer is.
 */
export interface RecordLayout {
  readonly addressLength: 4 | 16;
  readonly identityLength: number;
  readonly seenAt: number;
  readonly flagsAt: number;
  readonly size: number;
}

export const PEER_ID_LENGTH = 20;

/** Offset of address and port in a record. */
export const ENDPOINT_AT = PEER_ID_LENGTH;

export const V4: RecordLayout = { addressLength: 4, identityLength: 26, seenAt: 26, flagsAt: 30, size: 31 };
export const V6: RecordLayout = { addressLength: 16, identityLength: 38, seenAt: 38, flagsAt: 42, size: 43 };

/** The peer has the whole torrent. */
export const SEEDER = 1;
/** A partial seed (BEP 21): not a seeder, but downloading nothing more. */
export const PARTIAL_SEED = 2;
/** This peer's download has been counted; it is not counted again. */
export const COUNTED = 4;
/** A tombstone: the peer left. The highest flag, so of two records of one date it is the newer. */
export const STOPPED = 8;

const FLAGS = 15;
/** The unit of a record's date: `seen` and the upper half of the flags together. */
const TICKS_PER_SECOND = 16;

/** Bytes of a new record, not dated yet. The peer id has 20 bytes, the address 4 or 16. */
export function createRecord({
  peerId,
  address,
  port,
  flags,
}: {
  peerId: Uint8Array;
  address: Uint8Array;
  port: number;
  flags: number;
}): Buffer {
  const layout = layoutOf(address);
  const record = Buffer.allocUnsafe(layout.size);
  copyBytes(peerId, 0, record, 0, PEER_ID_LENGTH);
  copyBytes(address, 0, record, ENDPOINT_AT, layout.addressLength);
  writeUint16(record, layout.identityLength - 2, port);
  writeUint32(record, layout.seenAt, 0);
  record[layout.flagsAt] = flags;
  return record;
}

/** The layout for an address of 4 or 16 bytes. */
export function layoutOf(address: Uint8Array): RecordLayout {
  if (address.length === 4) return V4;
  if (address.length === 16) return V6;
  throw new RangeError(`an address has 4 or 16 bytes, not ${address.length}`);
}

/** The layout of a whole record. */
export function layoutOfRecord(record: Uint8Array): RecordLayout {
  return record.length === V4.size ? V4 : V6;
}

/**
 * Dates a record.
 * @param ticks sixteenths of a second since the epoch
 */
export function setDate(record: Uint8Array, layout: RecordLayout, ticks: number): void {
  writeUint32(record, layout.seenAt, Math.floor(ticks / TICKS_PER_SECOND));
  record[layout.flagsAt] = flagsOf(record, 0, layout) | ((ticks % TICKS_PER_SECOND) << 4);
}

/** The date of a record, sixteenths of a second since the epoch. */
export function dateOf(bytes: Uint8Array, at: number, layout: RecordLayout): number {
  return (
    readUint32(bytes, at + layout.seenAt) * TICKS_PER_SECOND + (byteAt(bytes, at + layout.flagsAt) >>> 4)
  );
}

/** A time as records have it. */
export function toTicks(milliseconds: number): number {
  return Math.floor((milliseconds * TICKS_PER_SECOND) / 1000);
}

/**
 * The expiry cutoff: records last seen then or before are expired. Seconds since the epoch.
 * @param now milliseconds since the epoch
 */
export function expiryCutoff(now: number, peerLifetimeSeconds: number): number {
  return Math.floor(now / 1000) - peerLifetimeSeconds;
}

/** What the peer of a record is: SEEDER, PARTIAL_SEED, COUNTED, STOPPED. */
export function flagsOf(bytes: Uint8Array, at: number, layout: RecordLayout): number {
  return byteAt(bytes, at + layout.flagsAt) & FLAGS;
}

/**
 * Which of two records of one identity is newer: positive if a is, 0 if they are the same. The
 * later date wins, then the greater flags, so that every process decides alike.
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
