import { crc32 } from 'node:zlib';
import {
  byteAt,
  compareRange,
  copyBytes,
  isSameRange,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from './bytes.js';
import { checksumAfter, MOST_BEHIND } from './checksum.js';
import { compareAge, PEER_ID_LENGTH, V4, V6, type RecordLayout } from './peer-record.js';
import { birthDepth, hashPeerId, MAX_DEPTH, shardAt } from './placement.js';

/**
 * A shard as it is stored: a header, then the IPv4 records, then the IPv6 records, each sorted by identity, no identity twice.
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
 *
 * A change makes a new shard, and bytes are never changed once sealed or read. So a store may keep what it was given, and a reader may
 * keep what it read, for as long as they like. Only a draft, which `put` makes of a shard for the operations of one write, is
 * changed in place until it is sealed: whoever makes it shows it to nobody before.
 */
export class Shard {
  /** What the shard is responsible for. */
  readonly header: ShardHeader;
  readonly v4Count: number;
  readonly v6Count: number;
  /** Where the records begin in `bytes`. */
  readonly v4At = HEADER_SIZE;
  readonly v6At: number;
  /** No record was last seen before this, seconds since the epoch: found out lately, or not known (0). Whoever finds out better says so. */
  seenSince = 0;
  /** The peers by what they have, if somebody has counted them. */
  counted: CountedPeers | undefined;
  private isDraft = false;
  /** Whether header and checksum in `bytes` are right. Once they are, a record that takes the place of another keeps them so. */
  private isSealed = false;

  private constructor(
    /** The stored form; its header and checksum are only sure to be right after `seal`. */
    readonly bytes: Buffer,
    header: ShardHeader,
    v4Count: number,
    v6Count: number,
  ) {
    this.header = header;
    this.v4Count = v4Count;
    this.v6Count = v6Count;
    this.v6At = HEADER_SIZE + v4Count * V4.size;
  }

  /** A shard without peers. */
  static empty(header: ShardHeader): Shard {
    return new Shard(Buffer.alloc(HEADER_SIZE), header, 0, 0);
  }

  /** A shard from bytes whose records are in place behind room for a header. */
  static of(header: ShardHeader, bytes: Buffer, v4Count: number, v6Count: number): Shard {
    return new Shard(bytes, header, v4Count, v6Count);
  }

  /**
   * Reads stored bytes, without copying them.
   * @throws ShardDamagedError if they are not what `seal` wrote; ShardFormatError if a newer version of the tracker wrote them.
   */
  static decode(stored: Uint8Array): Shard {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    if (bytes.length < HEADER_SIZE)
      throw new ShardDamagedError(`${bytes.length} bytes are too few for a header`);
    if (crc32(bytes.subarray(CHECKSUM_SIZE)) !== readUint32(bytes, 0)) {
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
    const shard = new Shard(bytes, header, v4Count, v6Count);
    shard.isSealed = true;
    return shard;
  }

  get count(): number {
    return this.v4Count + this.v6Count;
  }

  /** Writes the header and the checksum into the shard's own bytes, and gives the stored form. Idempotent. A draft is none any more. */
  seal(): Buffer {
    const { bytes, header } = this;
    this.isDraft = false;
    if (this.isSealed) return bytes;
    this.isSealed = true;
    bytes[FORMAT_AT] = FORMAT;
    bytes[FLAGS_AT] = (header.forwarding ? FORWARDING : 0) | (header.strays ? STRAYS : 0);
    bytes[DEPTH_AT] = header.depth;
    bytes[ADOPTIONS_AT] = header.adoptions;
    writeUint32(bytes, GENERATION_AT, header.generation);
    writeUint32(bytes, FORWARDING_SINCE_AT, header.forwardingSince);
    writeUint16(bytes, V4_COUNT_AT, this.v4Count);
    writeUint16(bytes, V6_COUNT_AT, this.v6Count);
    writeUint32(bytes, 0, crc32(bytes.subarray(CHECKSUM_SIZE)));
    return bytes;
  }

  /** This shard in memory of its own. What was cut from a larger piece, or from a pool, keeps all of that from being freed. */
  compact(): Shard {
    const { bytes } = this;
    if (bytes.buffer.byteLength === bytes.length) return this;
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes, 0);
    const shard = new Shard(own, this.header, this.v4Count, this.v6Count);
    shard.isSealed = this.isSealed;
    shard.seenSince = this.seenSince;
    shard.counted = this.counted;
    return shard;
  }

  /** The same peers under another header. The bytes are copied, as a store may still be reading the old ones. */
  withHeader(header: ShardHeader): Shard {
    return new Shard(Buffer.from(this.bytes), header, this.v4Count, this.v6Count);
  }

  /**
   * The place of a record's identity among the records of its layout. Identities of one client begin alike: what is between two that share
   * so many bytes with the one that is looked for shares them, too, and is compared from there on.
   */
  find(layout: RecordLayout, identity: Uint8Array, identityAt = 0): RecordPlace {
    const { bytes } = this;
    const { size, identityLength } = layout;
    const start = this.start(layout);
    let low = 0;
    let high = this.countOf(layout);
    let sharedWithLow = 0;
    let sharedWithHigh = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = start + middle * size;
      let shared = sharedWithLow < sharedWithHigh ? sharedWithLow : sharedWithHigh;
      let order = 0;
      for (; shared < identityLength; shared++) {
        order = byteAt(bytes, at + shared) - byteAt(identity, identityAt + shared);
        if (order !== 0) break;
      }
      if (order === 0) return { at, found: true };
      if (order < 0) {
        low = middle + 1;
        sharedWithLow = shared;
      } else {
        high = middle;
        sharedWithHigh = shared;
      }
    }
    return { at: start + low * size, found: false };
  }

  /**
   * The byte offsets of a peer's records of a layout: of the first, and behind the last.
   * @param near where one of them is, or would be, if that is known
   */
  recordsOf(
    layout: RecordLayout,
    peerId: Uint8Array,
    near = this.firstOf(layout, peerId),
  ): { from: number; to: number } {
    const { bytes } = this;
    const { size } = layout;
    const start = this.start(layout);
    const end = this.end(layout);
    let from = near;
    while (from > start && isSameRange(bytes, from - size, peerId, 0, PEER_ID_LENGTH)) from -= size;
    let to = near;
    while (to < end && isSameRange(bytes, to, peerId, 0, PEER_ID_LENGTH)) to += size;
    return { from, to };
  }

  /** The byte offset of the first record of a layout that does not come before a peer's. */
  private firstOf(layout: RecordLayout, peerId: Uint8Array): number {
    const start = this.start(layout);
    let low = 0;
    let high = this.countOf(layout);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareRange(this.bytes, start + middle * layout.size, peerId, 0, PEER_ID_LENGTH) < 0)
        low = middle + 1;
      else high = middle;
    }
    return start + low * layout.size;
  }

  /**
   * This shard with a record put in or, if it is newer than the one of the same identity, put in its place.
   * @param place what `find` says of the record, if it was asked already
   */
  with(layout: RecordLayout, record: Uint8Array, place: RecordPlace = this.find(layout, record)): Shard {
    const { at, found } = place;
    if (found && compareAge(record, 0, this.bytes, at, layout) <= 0) return this;
    const { length } = this.bytes;
    // Of its own memory, so that it need not be copied to be kept.
    const bytes = Buffer.allocUnsafeSlow(found ? length : length + layout.size);
    if (found) {
      bytes.set(this.bytes, 0);
    } else {
      this.bytes.copy(bytes, 0, 0, at);
      this.bytes.copy(bytes, at + layout.size, at);
      bytes.set(record, at);
    }
    const more = found ? 0 : 1;
    const isV4 = layout === V4;
    const shard = new Shard(
      bytes,
      this.header,
      this.v4Count + (isV4 ? more : 0),
      this.v6Count + (isV4 ? 0 : more),
    );
    shard.seenSince = Math.min(this.seenSince, readUint32(record, layout.seenAt));
    shard.isSealed = found && this.isSealed;
    if (found) shard.replace(layout, record, at);
    return shard;
  }

  /**
   * What `with` gives, as a draft; if this is one, then in place as long as its length stays the same. So announces that are written together
   * copy the shard once.
   */
  put(layout: RecordLayout, record: Uint8Array, place: RecordPlace = this.find(layout, record)): Shard {
    const { at, found } = place;
    if (!this.isDraft || !found) {
      const draft = this.with(layout, record, place);
      if (draft !== this) draft.isDraft = true;
      return draft;
    }
    if (compareAge(record, 0, this.bytes, at, layout) > 0) {
      this.replace(layout, record, at);
      this.counted = undefined;
    }
    return this;
  }

  /** Puts a record in the place of the one of its identity: all that can change is what comes behind that. */
  private replace({ identityLength, size }: RecordLayout, record: Uint8Array, at: number): void {
    const { bytes } = this;
    const from = at + identityLength;
    const length = size - identityLength;
    const behind = bytes.length - at - size;
    if (behind >= MOST_BEHIND) this.isSealed = false;
    if (this.isSealed) {
      const checksum = readUint32(bytes, 0);
      writeUint32(bytes, 0, checksumAfter(checksum, bytes, from, record, identityLength, length, behind));
    }
    copyBytes(record, identityLength, bytes, from, length);
  }

  start(layout: RecordLayout): number {
    return layout === V4 ? this.v4At : this.v6At;
  }

  end(layout: RecordLayout): number {
    return layout === V4 ? this.v6At : this.bytes.length;
  }

  countOf(layout: RecordLayout): number {
    return layout === V4 ? this.v4Count : this.v6Count;
  }
}

/** Where a record's identity is in a shard: its byte offset if it is there (`found`), else where it would be. */
export interface RecordPlace {
  readonly at: number;
  readonly found: boolean;
}

/** Peers by what they have. `leechers` are those still downloading; partial seeds (BEP 21) are in `partialSeeds` only. */
export interface PeerCounts {
  readonly seeders: number;
  readonly leechers: number;
  readonly partialSeeds: number;
}

/** Counts that are right as long as records expire that were last seen between two moments, seconds since the epoch. */
export interface CountedPeers {
  readonly counts: PeerCounts;
  /** The first of these moments, included. */
  readonly from: number;
  /** The last one, not included. */
  readonly until: number;
}

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

export const HEADER_SIZE = 20;
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
