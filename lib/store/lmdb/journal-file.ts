import { constants, closeSync, fdatasync, fstatSync, openSync, readSync, statSync, writev } from 'node:fs';
import { crc32 } from 'node:zlib';

import { NotFlushedError } from './errors.js';

/** A group of updates in a journal file. */
export interface JournalRecord {
  /** Number of the group. */
  readonly n: number;
  readonly group: Buffer;
  readonly checksum: number;
  /** Where it begins and ends in the file. */
  readonly start: number;
  readonly end: number;
}

/** A record that another one follows. */
export type Place = Pick<JournalRecord, 'n' | 'checksum'>;

/**
 * One file of the journal: records, one after the other, and zeros for those to come.
 *
 *     4   magic number
 *     4   CRC-32 of the rest
 *     4   length of the group
 *     8   number of the group, a double
 *     4   checksum of the record before, in this file or the one before; of the first of all 0
 *         group
 *
 * Numbers are little-endian. The file has all of its room before the first record is written: to flush a record changes nothing but its own
 * bytes then, and the file system has nothing to keep account of.
 *
 * A record counts if it names the record before it, with its number and checksum. One that is there in part, of a process that was killed while it wrote
 * or of a power cut, is none, and is written over; what is left after it names a record that is no more.
 *
 * Invariant: what is before `position` are records that were read, or written by this process.
 */
export class JournalFile {
  /** Bytes of the file, with those that are zeros yet. */
  readonly size: number;
  readonly #path: string;
  readonly #fd: number;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #position = 0;
  /** A part of the file that was read, and where it begins. */
  #window = NOTHING;
  #windowAt = 0;
  /** Up to where all is on the disk, as far as this process knows. */
  #flushed = 0;
  #users = 1;

  /**
   * Opens a file that is there.
   * @param ordinal its place among the files of the journal, from 1
   * @param flushes whether `flush` will be called for what is written
   * @throws an error of the file system
   */
  constructor(
    path: string,
    readonly ordinal: number,
    flushes: boolean,
  ) {
    this.#path = path;
    this.#fd = openSync(path, constants.O_RDWR | (flushes ? FLUSHES_WRITES : 0));
    this.size = fstatSync(this.#fd).size;
  }

  get position(): number {
    return this.#position;
  }

  /** Whether it was removed. */
  get isRemoved(): boolean {
    return fstatSync(this.#fd).nlink === 0;
  }

  /** Whether the disk has all that was read, as far as this process knows. */
  get isFlushed(): boolean {
    return this.#flushed === this.#position;
  }

  /** Whether the file is still the one at its path. */
  isInPlace(): boolean {
    const now = statSync(this.#path, { throwIfNoEntry: false });
    const opened = fstatSync(this.#fd);
    return now?.ino === opened.ino && now.dev === opened.dev;
  }

  /**
   * The record at the position if it follows another, and stays there; undefined if there is none, or none yet.
   * @param before the record that it has to follow; undefined: any
   * @throws an error of the file system
   */
  peek(before: Place | undefined): JournalRecord | undefined {
    return this.#parse(before) ?? (this.#read() ? this.#parse(before) : undefined);
  }

  /** Goes on to what follows a record. */
  pass({ end }: JournalRecord): void {
    this.#position = end;
  }

  /** Bytes that a group takes in a file. */
  static sizeOf(group: Buffer): number {
    return HEAD_BYTES + group.length;
  }

  /**
   * Writes the record that follows another at the position, and stays there. Only one process may do this, where no record is yet. Until it settles the group's bytes may not change.
   * @throws an error of the file system; the record may be there all the same, or a part of it
   */
  async write(before: Place, group: Buffer): Promise<JournalRecord> {
    const start = this.#position;
    const head = this.#headOf(before, group);
    const checksum = head.readUInt32LE(CHECKSUM_AT);
    await this.#writeAll([head, group], start);
    return { n: before.n + 1, group, checksum, start, end: start + HEAD_BYTES + group.length };
  }

  /**
   * Waits until a record that this process wrote is on the disk, with all that is before it: others may have written that and not have flushed it yet.
   * @throws NotFlushedError
   */
  async flush({ start, end }: JournalRecord): Promise<void> {
    // O_DSYNC has flushed what was written, but nothing else.
    if (FLUSHES_WRITES === 0 || start !== this.#flushed) await this.#sync();
    this.#flushed = end;
  }

  /**
   * Waits until all that was read is on the disk.
   * @throws NotFlushedError
   */
  async flushAll(): Promise<void> {
    if (this.isFlushed) return;
    const end = this.#position;
    await this.#sync();
    this.#flushed = end;
  }

  /** Keeps the file open until `close` has been called once more. */
  retain(): void {
    this.#users++;
  }

  close(): void {
    this.#users--;
    if (this.#users === 0) closeSync(this.#fd);
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => {
        if (error === null) resolve();
        else reject(new NotFlushedError(error));
      });
    });
  }

  #headOf({ n, checksum }: Place, group: Buffer): Buffer {
    const head = this.#head;
    head.writeUInt32LE(MAGIC, 0);
    head.writeUInt32LE(group.length, LENGTH_AT);
    head.writeDoubleLE(n + 1, NUMBER_AT);
    head.writeUInt32LE(checksum, BEFORE_AT);
    head.writeUInt32LE(crc32(group, crc32(head.subarray(LENGTH_AT))), CHECKSUM_AT);
    return head;
  }

  /** A disk that becomes full takes a part of what it is given, and gives the error when it is given the rest. */
  async #writeAll(buffers: readonly Buffer[], at: number): Promise<void> {
    const written = await new Promise<number>((resolve, reject) => {
      writev(this.#fd, buffers, at, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(error);
      });
    });
    const all = buffers.reduce((sum, { length }) => sum + length, 0);
    if (written < all) await this.#writeAll([Buffer.concat(buffers).subarray(written)], at + written);
  }

  #parse(before: Place | undefined): JournalRecord | undefined {
    const window = this.#window;
    const at = this.#position - this.#windowAt;
    if (at + HEAD_BYTES > window.length || window.readUInt32LE(at) !== MAGIC) return undefined;
    const groupAt = at + HEAD_BYTES;
    const groupEnd = groupAt + window.readUInt32LE(at + LENGTH_AT);
    if (groupEnd > window.length) return undefined;
    const checksum = crc32(window.subarray(at + LENGTH_AT, groupEnd));
    if (checksum !== window.readUInt32LE(at + CHECKSUM_AT)) return undefined;
    const n = window.readDoubleLE(at + NUMBER_AT);
    const follows = window.readUInt32LE(at + BEFORE_AT);
    if (before !== undefined && (n !== before.n + 1 || follows !== before.checksum)) return undefined;
    return {
      n,
      group: window.subarray(groupAt, groupEnd),
      checksum,
      start: this.#position,
      end: this.#position + groupEnd - at,
    };
  }

  /** Reads from the position on if a record may be there: a good part, and all of a record that is longer than that. */
  #read(): boolean {
    const head = this.#head;
    const isThere = readSync(this.#fd, head, 0, HEAD_BYTES, this.#position) === HEAD_BYTES;
    if (!isThere || head.readUInt32LE(0) !== MAGIC) return false;
    const needed = HEAD_BYTES + head.readUInt32LE(LENGTH_AT);
    const left = this.size - this.#position;
    if (needed > left) return false;
    const window = Buffer.allocUnsafeSlow(Math.min(left, Math.max(needed, WINDOW_BYTES)));
    this.#window = window.subarray(0, readSync(this.#fd, window, 0, window.length, this.#position));
    this.#windowAt = this.#position;
    return true;
  }
}

/** Has the system flush each write before it returns, one call where there would be two. Not every system has that, or means it. */
const FLUSHES_WRITES = process.platform === 'linux' ? constants.O_DSYNC : 0;

const MAGIC = 0x4c4e524a;
const CHECKSUM_AT = 4;
const LENGTH_AT = 8;
const NUMBER_AT = 12;
const BEFORE_AT = 20;
const HEAD_BYTES = 24;

const NOTHING = Buffer.alloc(0);
const WINDOW_BYTES = 64 * 1024;
