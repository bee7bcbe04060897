import { byteAt, compareRange, copyBytes, isSameRange, readUint32, writeUint32 } from './bytes.js';
import { checksumAfter, MAX_BYTES_AFTER } from './checksum.js';
import { CHECKSUM_AT, HEADER_SIZE, readHeader, writeHeader, type ShardHeader } from './header.js';
import { compareAge, PEER_ID_LENGTH, V4, type RecordLayout } from './peer-record.js';

/**
 * A shard as it is stored: a header (header.ts), then the IPv4 records, then the IPv6 records.
 * Invariant: each run is sorted by identity, and no identity is there twice.
 *
 * A change makes a new shard: sealed bytes, and bytes that were read, never change. So stores and
 * readers may keep them. The exception is a draft, which `put` makes for the operations of one
 * write. It changes in place until it is sealed, and nobody else sees it before.
 */
export class Shard {
  /** What the shard is responsible for. */
  readonly header: ShardHeader;
  readonly v4Count: number;
  readonly v6Count: number;
  /** Offsets of the records in `bytes`. */
  readonly v4At = HEADER_SIZE;
  readonly v6At: number;
  /**
   * Lower bound of `seen` over all records, seconds since the epoch; 0: unknown. Refined lazily.
   */
  oldestSeen = 0;
  /** Upper bound of `seen` over all records; Infinity: unknown. Refined lazily. */
  newestSeen = Infinity;
  /** Cached counts; undefined: not counted yet. */
  counted: CountedPeers | undefined;
  private isDraft = false;
  /** Whether the bytes are alone in their ArrayBuffer. False: unknown. */
  private hasOwnMemory = false;
  /** Whether header and checksum in `bytes` are right. `replace` keeps them right. */
  private isSealed = false;

  private constructor(
    /** The stored form. Its header and checksum are right after `seal`. */
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

  /** A shard from bytes that have room for a header, then the records. */
  static of(header: ShardHeader, bytes: Buffer, v4Count: number, v6Count: number): Shard {
    return new Shard(bytes, header, v4Count, v6Count);
  }

  /**
   * Reads the stored bytes of the shard with this number, without copying them.
   * @throws ShardDamagedError if they are not what `seal` gave
   * @throws ShardFormatError if a newer version of the tracker wrote them
   */
  static decode(number: number, stored: Uint8Array): Shard {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const { header, v4Count, v6Count } = readHeader(number, bytes);
    const shard = new Shard(bytes, header, v4Count, v6Count);
    shard.isSealed = true;
    return shard;
  }

  /** Which shard of its swarm this is. */
  get number(): number {
    return this.header.number;
  }

  get count(): number {
    return this.v4Count + this.v6Count;
  }

  /**
   * Writes header and checksum into the bytes and returns the stored form. Ends a draft.
   * Idempotent.
   */
  seal(): Buffer {
    const { bytes, header } = this;
    this.isDraft = false;
    if (this.isSealed) return bytes;
    this.isSealed = true;
    writeHeader(bytes, header, this.v4Count, this.v6Count);
    return bytes;
  }

  /**
   * This shard in an ArrayBuffer of its own: a slice of a larger one keeps all of that in memory.
   */
  compact(): Shard {
    const { bytes } = this;
    if (this.hasOwnMemory || bytes.buffer.byteLength === bytes.length) return this;
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes, 0);
    const shard = new Shard(own, this.header, this.v4Count, this.v6Count);
    shard.hasOwnMemory = true;
    shard.isSealed = this.isSealed;
    shard.oldestSeen = this.oldestSeen;
    shard.newestSeen = this.newestSeen;
    shard.counted = this.counted;
    return shard;
  }

  /** The same peers under another header. Copies, as a store may still read the old bytes. */
  withHeader(header: ShardHeader): Shard {
    return new Shard(Buffer.from(this.bytes), header, this.v4Count, this.v6Count);
  }

  /**
   * The position of a record's identity among the records of its layout, by binary search.
   * Identities of one client begin alike. All records between two that share a prefix with the
   * identity share it too, so each comparison begins behind that prefix.
   */
  find(layout: RecordLayout, identity: Uint8Array, identityAt = 0): RecordPosition {
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
   * @param near the position of one of them, or where one would be, if that is known
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

  /** The byte offset of the first record of a layout that does not sort before a peer's. */
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
   * This shard with a record inserted, or replaced if the shard has an older one of its identity.
   * @param position what `find` said of the record, if it was asked already
   */
  with(
    layout: RecordLayout,
    record: Uint8Array,
    position: RecordPosition = this.find(layout, record),
  ): Shard {
    const { at, found } = position;
    if (found && compareAge(record, 0, this.bytes, at, layout) <= 0) return this;
    const { length } = this.bytes;
    // An ArrayBuffer of its own: `compact` has nothing to copy later.
    const bytes = Buffer.allocUnsafeSlow(found ? length : length + layout.size);
    bytes.set(this.bytes, 0);
    if (!found) {
      // No views of parts: one costs as much as a copy of half a shard.
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
    const seen = readUint32(record, layout.seenAt);
    shard.oldestSeen = seen < this.oldestSeen ? seen : this.oldestSeen;
    shard.newestSeen = seen > this.newestSeen ? seen : this.newestSeen;
    shard.isSealed = found && this.isSealed;
    if (found) shard.replace(layout, record, at);
    return shard;
  }

  /**
   * What `with` gives, as a draft. A draft itself changes in place while its length stays the same,
   * so announces that are written together copy the shard once.
   */
  put(layout: RecordLayout, record: Uint8Array, position: RecordPosition = this.find(layout, record)): Shard {
    const { at, found } = position;
    if (!this.isDraft || !found) {
      const draft = this.with(layout, record, position);
      if (draft !== this) draft.isDraft = true;
      return draft;
    }
    if (compareAge(record, 0, this.bytes, at, layout) > 0) {
      this.replace(layout, record, at);
      this.counted = undefined;
      const seen = readUint32(record, layout.seenAt);
      if (seen > this.newestSeen) this.newestSeen = seen;
    }
    return this;
  }

  /** Overwrites a record with one of the same identity. Updates the checksum by the difference. */
  private replace({ identityLength, size }: RecordLayout, record: Uint8Array, at: number): void {
    const { bytes } = this;
    const from = at + identityLength;
    const length = size - identityLength;
    const behind = bytes.length - at - size;
    if (behind >= MAX_BYTES_AFTER) this.isSealed = false;
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

/** The byte offset of a record's identity if it is there (`found`), else where it would be. */
export interface RecordPosition {
  readonly at: number;
  readonly found: boolean;
}

/** Numbers of peers by what they have. A partial seed (BEP 21) is no leecher. */
export interface PeerCounts {
  readonly seeders: number;
  readonly leechers: number;
  readonly partialSeeds: number;
}

/** Counts, and the expiry cutoffs for which they are right, seconds since the epoch. */
export interface CountedPeers {
  readonly counts: PeerCounts;
  /** The first such cutoff, included. */
  readonly from: number;
  /** The last one, not included. */
  readonly until: number;
}
