import { byteAt, compareRange, copyBytes, isSameRange, readUint32, writeUint32 } from './bytes.js';
import { checksumAfter, MOST_BEHIND } from './checksum.js';
import { compareAge, PEER_ID_LENGTH, V4, type RecordLayout } from './peer-record.js';
import { CHECKSUM_AT, HEADER_SIZE, readHeader, writeHeader, type ShardHeader } from './header.js';

/**
 * A shard as it is stored: a header (shard-header.ts), then the IPv4 records, then the IPv6 records, each sorted by identity, no identity twice.
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
  /** Whether nothing else is in the memory that the bytes are in. False: not known. */
  private hasOwnMemory = false;
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
   * @throws ShardDamagedError if they are not what `seal` gave; ShardFormatError if a newer version of the tracker wrote them.
   */
  static decode(stored: Uint8Array): Shard {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const { header, v4Count, v6Count } = readHeader(bytes);
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
    writeHeader(bytes, header, this.v4Count, this.v6Count);
    return bytes;
  }

  /** This shard in memory of its own. What was cut from a larger piece, or from a pool, keeps all of that from being freed. */
  compact(): Shard {
    const { bytes } = this;
    if (this.hasOwnMemory || bytes.buffer.byteLength === bytes.length) return this;
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes, 0);
    const shard = new Shard(own, this.header, this.v4Count, this.v6Count);
    shard.hasOwnMemory = true;
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
    bytes.set(this.bytes, 0);
    if (!found) {
      // Neither takes a view of a part, which would cost as much as to copy half of a shard.
      bytes.copyWithin(at + layout.size, at, length);
      copyBytes(record, 0, bytes, at, layout.size);
    }
    const more = found ? 0 : 1;
    const isV4 = layout === V4;
    const shard = new Shard(
      bytes,
      this.header,
      this.v4Count + (isV4 ? more : 0),
      this.v6Count + (isV4 ? 0 : more),
    );
    shard.hasOwnMemory = true;
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
      const checksum = readUint32(bytes, CHECKSUM_AT);
      writeUint32(
        bytes,
        CHECKSUM_AT,
        checksumAfter(checksum, bytes, from, record, identityLength, length, behind),
      );
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
