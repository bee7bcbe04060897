import { crc32 } from 'node:zlib';
import { byteAt, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.js';
import { V4, V6 } from './peer-record.js';
import { birthDepth, hashPeerId, MAX_DEPTH, shardAt } from './placement.js';

/**
 * What a stored shard begins with:
 *
 *     at  bytes
 *      0  4   CRC-32 of all that follows
 *      4  1   format: 1
 *      5  1   bit 0: forwarding, bit 1: holds strays
 *      6  1   depth: how many low bits of a peer's hash this shard is responsible for
 *      7  1   how often it took peers of its parent since it was made or last came to life
 *      8  4   generation: goes up by one when a shard takes its child's peers back, or comes to life again
 *     12  4   since when it forwards, seconds since the epoch; else 0
 *     16  2   number of IPv4 records
 *     18  2   number of IPv6 records
 *     20  ... records
 */
export interface ShardHeader {
  readonly generation: number;
  readonly depth: number;
  /** Counts up to 255 when a parent splits peers off to a shard that is there already: what a purge took from it is not all then. */
  readonly adoptions: number;
  /** The shard's peers went back to its parent: look there. */
  readonly forwarding: boolean;
  readonly forwardingSince: number;
  /**
   * There are records here that belong into another shard: a writer with an old depth put them there. Kept in step with
   * the records, so that nobody needs to hash every peer to know that there are none.
   */
  readonly strays: boolean;
}

/** Stored bytes are no shard. Soft state: the tracker takes the shard as empty and the peers announce again. */
export class ShardDamagedError extends Error {
  override readonly name = 'ShardDamagedError';
}

/** The bytes are a shard of a format that this version does not know. It must not be written over. */
export class ShardFormatError extends Error {
  override readonly name = 'ShardFormatError';
}

/** The header that shard n is made with. */
export function newHeader(shard: number): ShardHeader {
  return {
    generation: 0,
    depth: birthDepth(shard),
    adoptions: 0,
    forwarding: false,
    forwardingSince: 0,
    strays: false,
  };
}

/** Whether a peer with this hash belongs into shard n under this header. */
export function owns(header: ShardHeader, shard: number, hash: number): boolean {
  return !header.forwarding && shardAt(hash, header.depth) === shard;
}

/** Whether the record at an offset belongs into shard n under this header. */
export function ownsRecord(header: ShardHeader, shard: number, bytes: Uint8Array, at: number): boolean {
  return owns(header, shard, hashPeerId(bytes, at));
}

/** What the first bytes of a shard say. */
export interface HeadOfShard {
  readonly header: ShardHeader;
  readonly v4Count: number;
  readonly v6Count: number;
}

/**
 * Reads the head of stored bytes, and checks that they are whole.
 * @throws ShardDamagedError if they are not what `writeHeader` was given; ShardFormatError if a newer version of the tracker wrote them.
 */
export function readHeader(bytes: Buffer): HeadOfShard {
  if (bytes.length < HEADER_SIZE)
    throw new ShardDamagedError(`${bytes.length} bytes are too few for a header`);
  if (crc32(bytes.subarray(CHECKSUM_SIZE)) !== readUint32(bytes, CHECKSUM_AT)) {
    throw new ShardDamagedError('the checksum does not match');
  }
  const format = byteAt(bytes, FORMAT_AT);
  if (format !== FORMAT) throw new ShardFormatError(`format ${format} is not known, only ${FORMAT}`);
  const v4Count = readUint16(bytes, V4_COUNT_AT);
  const v6Count = readUint16(bytes, V6_COUNT_AT);
  if (bytes.length !== HEADER_SIZE + v4Count * V4.size + v6Count * V6.size) {
    throw new ShardDamagedError('the length does not match the number of records');
  }
  const flags = byteAt(bytes, FLAGS_AT);
  const header = {
    generation: readUint32(bytes, GENERATION_AT),
    depth: byteAt(bytes, DEPTH_AT),
    adoptions: byteAt(bytes, ADOPTIONS_AT),
    forwarding: (flags & FORWARDING) !== 0,
    forwardingSince: readUint32(bytes, FORWARDING_SINCE_AT),
    strays: (flags & STRAYS) !== 0,
  };
  if (header.depth > MAX_DEPTH) throw new ShardDamagedError(`a depth of over ${MAX_DEPTH}`);
  return { header, v4Count, v6Count };
}

/** Writes the head of a shard, and the checksum of all of it, into the room before its records. */
export function writeHeader(bytes: Buffer, header: ShardHeader, v4Count: number, v6Count: number): void {
  bytes[FORMAT_AT] = FORMAT;
  bytes[FLAGS_AT] = (header.forwarding ? FORWARDING : 0) | (header.strays ? STRAYS : 0);
  bytes[DEPTH_AT] = header.depth;
  bytes[ADOPTIONS_AT] = header.adoptions;
  writeUint32(bytes, GENERATION_AT, header.generation);
  writeUint32(bytes, FORWARDING_SINCE_AT, header.forwardingSince);
  writeUint16(bytes, V4_COUNT_AT, v4Count);
  writeUint16(bytes, V6_COUNT_AT, v6Count);
  writeUint32(bytes, CHECKSUM_AT, crc32(bytes.subarray(CHECKSUM_SIZE)));
}

export const HEADER_SIZE = 20;
/** Where the checksum is, of all that comes behind it. */
export const CHECKSUM_AT = 0;
const CHECKSUM_SIZE = 4;
const FORMAT_AT = 4;
const FLAGS_AT = 5;
const DEPTH_AT = 6;
const ADOPTIONS_AT = 7;
const GENERATION_AT = 8;
const FORWARDING_SINCE_AT = 12;
const V4_COUNT_AT = 16;
const V6_COUNT_AT = 18;
const FORMAT = 1;
const FORWARDING = 1;
const STRAYS = 2;
