import { crc32 } from 'node:zlib';
import { byteAt, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.js';
import { V4, V6 } from './peer-record.js';
import { birthDepth, hashPeerId, MAX_DEPTH, shardAt } from './placement.js';

export const HEADER_SIZE = 20;
/** Offset of the checksum of all bytes after it. */
export const CHECKSUM_AT = 0;
const CHECKSUM_SIZE = 4;
const FORMAT_AT = 4;
const FLAGS_AT = 5;
const DEPTH_AT = 6;
const ABSORPTIONS_AT = 7;
const GENERATION_AT = 8;
const FORWARDING_SINCE_AT = 12;
const V4_COUNT_AT = 16;
const V6_COUNT_AT = 18;
const FORMAT = 1;
const FORWARDING = 1;
const MISPLACED = 2;

/**
 * The head of a shard. A stored shard begins with it:
 *
 *     at  bytes
 *      0  4   CRC-32 of all bytes after it
 *      4  1   format: 1
 *      5  1   bit 0: forwarding, bit 1: has misplaced records
 *      6  1   depth: how many low bits of a peer's hash this shard is responsible for
 *      7  1   absorptions
 *      8  4   generation
 *     12  4   since when it forwards or, of an empty root, since when it is empty; seconds
 *             since the epoch, 0 if neither was ever so
 *     16  2   number of IPv4 records
 *     18  2   number of IPv6 records
 *     20  ... records
 */
export interface ShardHeader {
  /** The number of the shard. It is not in the bytes: the key has it. */
  readonly number: number;
  /** Goes up by one when a shard takes its child's peers back, or comes to life again. */
  readonly generation: number;
  readonly depth: number;
  /**
   * How often the shard absorbed peers of its parent since it was made or last came to life, up to
   * 255. A purge that read its peers before the last time does not have all of them.
   */
  readonly absorptions: number;
  /** The shard's peers went back to its parent: look there. */
  readonly forwarding: boolean;
  /** Seconds since the epoch. Of an empty root: since when it is empty, if a purge saw that. */
  readonly forwardingSince: number;
  /**
   * Some records belong to another shard: a writer with an old depth put them here. Kept in step
   * with the records, so that nobody needs to hash every peer to find none.
   */
  readonly misplaced: boolean;
}

/**
 * Stored bytes are no shard. Soft state: the tracker takes it as empty and peers announce again.
 */
export class ShardDamagedError extends Error {
  override readonly name = 'ShardDamagedError';
}

/** A shard of a format that this version does not know. It must not be written over. */
export class ShardFormatError extends Error {
  override readonly name = 'ShardFormatError';
}

/** The header that a shard with this number is made with. */
export function newHeader(number: number): ShardHeader {
  return {
    number,
    generation: 0,
    depth: birthDepth(number),
    absorptions: 0,
    forwarding: false,
    forwardingSince: 0,
    misplaced: false,
  };
}

/** Whether a peer with this hash belongs to the shard with this header. */
export function owns(header: ShardHeader, hash: number): boolean {
  return !header.forwarding && shardAt(hash, header.depth) === header.number;
}

/** Whether the record at an offset belongs to the shard with this header. */
export function ownsRecord(header: ShardHeader, bytes: Uint8Array, at: number): boolean {
  return owns(header, hashPeerId(bytes, at));
}

/** What the first bytes of a stored shard say. */
export interface StoredHead {
  readonly header: ShardHeader;
  readonly v4Count: number;
  readonly v6Count: number;
}

/**
 * Reads the head of a stored shard, and checks that its bytes are whole.
 * @throws ShardDamagedError if the bytes are not what `writeHeader` was given
 * @throws ShardFormatError if a newer version of the tracker wrote them
 */
export function readHeader(number: number, bytes: Buffer): StoredHead {
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
    number,
    generation: readUint32(bytes, GENERATION_AT),
    depth: byteAt(bytes, DEPTH_AT),
    absorptions: byteAt(bytes, ABSORPTIONS_AT),
    forwarding: (flags & FORWARDING) !== 0,
    forwardingSince: readUint32(bytes, FORWARDING_SINCE_AT),
    misplaced: (flags & MISPLACED) !== 0,
  };
  if (header.depth > MAX_DEPTH) throw new ShardDamagedError(`a depth of over ${MAX_DEPTH}`);
  return { header, v4Count, v6Count };
}

/** Writes the head of a shard, and the checksum of all of it, into the room before its records. */
export function writeHeader(bytes: Buffer, header: ShardHeader, v4Count: number, v6Count: number): void {
  bytes[FORMAT_AT] = FORMAT;
  bytes[FLAGS_AT] = (header.forwarding ? FORWARDING : 0) | (header.misplaced ? MISPLACED : 0);
  bytes[DEPTH_AT] = header.depth;
  bytes[ABSORPTIONS_AT] = header.absorptions;
  writeUint32(bytes, GENERATION_AT, header.generation);
  writeUint32(bytes, FORWARDING_SINCE_AT, header.forwardingSince);
  writeUint16(bytes, V4_COUNT_AT, v4Count);
  writeUint16(bytes, V6_COUNT_AT, v6Count);
  writeUint32(bytes, CHECKSUM_AT, crc32(bytes.subarray(CHECKSUM_SIZE)));
}
