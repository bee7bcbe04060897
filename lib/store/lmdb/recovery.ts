import { closeSync, constants, fstatSync, fsyncSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openOwn } from './data-files.js';
import { isNext, NO_RECORD, recordAt, recordsFrom, type LogRecord, type Tail } from './log-record.js';

/** What the log has lost. */
export interface Damage {
  /** How many, by the numbers of those before and after; at least that many. */
  readonly recordsLost: number;
  /** Bytes that are no record, before records that could be read. */
  readonly bytesUnread: number;
  /** How many records came after the first loss. */
  readonly recordsAfter: number;
}

/** A file of the log. */
export interface LogFile {
  readonly ordinal: number;
  /** Its position in the log, and the one after it. */
  readonly start: number;
  readonly end: number;
  /** Bytes of records. */
  readonly at: number;
  /** Whether there are only zeros after them, so that more may follow. */
  readonly isOpenEnded: boolean;
  /** False: there is something in it that is, or was, a record and was not read. */
  readonly isWhole: boolean;
}

export interface Recovered {
  /** Oldest first. */
  readonly files: readonly LogFile[];
  /** The last record. */
  readonly tail: Tail;
  readonly damage: Damage | undefined;
}

/** A record that was read. */
export interface Recovering {
  readonly batch: Buffer;
  /** Bytes of the log before it. */
  readonly position: number;
  /** Whether something before it was lost. */
  readonly isAfterLoss: boolean;
}

/**
 * Reads the log of a directory, from the oldest file to the newest. Nothing is written, moved or
 * removed. Files with other names are none of the log's.
 *
 * Each record has a number and names the checksum of the one before. So the end of the log is where
 * no later record can be read, and a loss is where one can: a record whose number is too high.
 * - What follows the last record is torn: its writer was killed, or never came to it. Nobody was
 *   answered for it. That is no damage.
 * - A record with a number that was read already is a copy, and not read again.
 *
 * @param take is given the records in their order
 * @throws an error of the file system
 */
export function recover(directory: string, isFlushed: boolean, take: (found: Recovering) => void): Recovered {
  const reading = new Reading(take);
  for (const ordinal of ordinalsIn(directory)) {
    const fd = openOwn(pathOf(directory, ordinal), constants.O_RDWR);
    try {
      if (!fstatSync(fd).isFile()) throw new Error(`${pathOf(directory, ordinal)} is no file`);
      // Who wrote it may not have come to that.
      if (isFlushed) fsyncSync(fd);
      reading.read(ordinal, readFileSync(fd));
    } finally {
      closeSync(fd);
    }
  }
  return reading.finish();
}

class Reading {
  readonly #take: (found: Recovering) => void;
  readonly #files: LogFile[] = [];
  #tail: Tail | undefined;
  #position = 0;
  /** Bytes at the ends of files that are neither records nor zeros, since the last record. */
  #unread = 0;
  /** Files that these are in. */
  #torn: number[] = [];
  readonly #damaged = new Set<number>();
  #recordsLost = 0;
  #bytesUnread = 0;
  #recordsAfter = 0;
  #isAfterLoss = false;

  constructor(take: (found: Recovering) => void) {
    this.#take = take;
  }

  read(ordinal: number, file: Buffer): void {
    let at = 0;
    for (;;) {
      const record = this.#recordFrom(file, at);
      if (record === undefined) break;
      if (record.start > at || this.#isLossBefore(record)) this.#lose(ordinal, record, record.start - at);
      this.#tail = record;
      this.#unread = 0;
      this.#torn = [];
      if (this.#isAfterLoss) this.#recordsAfter++;
      const position = this.#position + record.start;
      this.#take({ batch: record.batch, position, isAfterLoss: this.#isAfterLoss });
      at = record.end;
    }
    const unread = lengthWithoutZeros(file.subarray(at));
    this.#unread += unread;
    if (unread > 0) this.#torn.push(ordinal);
    // A whole record that was not taken is a copy, or of another log: not to be removed.
    if (unread > 0 && !recordsFrom(file, at).next().done) this.#damaged.add(ordinal);
    const start = this.#position;
    this.#position += file.length;
    const isOpenEnded = unread === 0;
    this.#files.push({ ordinal, start, end: this.#position, at, isOpenEnded, isWhole: true });
  }

  finish(): Recovered {
    const files = this.#files.map((file) => ({ ...file, isWhole: !this.#damaged.has(file.ordinal) }));
    const damage = {
      recordsLost: this.#recordsLost,
      bytesUnread: this.#bytesUnread,
      recordsAfter: this.#recordsAfter,
    };
    return { files, tail: this.#tail ?? NO_RECORD, damage: this.#isAfterLoss ? damage : undefined };
  }

  /** The next record of the log in a file: the one that is due, or a later one. */
  #recordFrom(file: Buffer, at: number): LogRecord | undefined {
    const record = recordAt(file, at);
    if (record !== undefined && this.#mayTake(record, at)) return record;
    for (const later of recordsFrom(file, at)) if (this.#mayTake(later, at)) return later;
    return undefined;
  }

  /**
   * Whether a record, the first that can be read from `at` on, is one of this log. Of those in the
   * middle of a file only as many can be missing before it as the bytes before it can have been.
   */
  #mayTake(record: LogRecord, at: number): boolean {
    if (this.#tail === undefined || isNext(record, this.#tail)) return true;
    const missing = record.n - this.#tail.n - 1;
    return missing > 0 && (at === 0 || missing <= (record.start - at) / MIN_RECORD_BYTES);
  }

  /** Whether something before a record is missing that was in another file. */
  #isLossBefore(record: LogRecord): boolean {
    if (this.#tail !== undefined) return !isNext(record, this.#tail);
    // The oldest file may begin anywhere, but not after one in which nothing can be read.
    return this.#unread > 0 && record.n > 1;
  }

  #lose(ordinal: number, record: LogRecord, bytes: number): void {
    this.#isAfterLoss = true;
    this.#recordsLost += this.#tail === undefined ? 1 : record.n - this.#tail.n - 1;
    this.#bytesUnread += this.#unread + bytes;
    if (bytes > 0) this.#damaged.add(ordinal);
    for (const torn of this.#torn) this.#damaged.add(torn);
  }
}

/** Ordinals of the files of a directory's log, ascending. */
export function ordinalsIn(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => (FILE_NAME.test(name) ? [Number(name.slice(FILE_PREFIX.length))] : []))
    .sort((a, b) => a - b);
}

export function pathOf(directory: string, ordinal: number): string {
  return join(directory, `${FILE_PREFIX}${ordinal}`);
}

/** How long it is without the zeros at its end. */
function lengthWithoutZeros(bytes: Buffer): number {
  let { length } = bytes;
  // By blocks first: most of a file is still to be written.
  while (
    length >= ZEROS.length &&
    bytes.compare(ZEROS, 0, ZEROS.length, length - ZEROS.length, length) === 0
  ) {
    length -= ZEROS.length;
  }
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}

const FILE_PREFIX = 'journal.';
/** Greater numbers are not exact, and no file of the log has one. */
const FILE_NAME = /^journal\.[1-9]\d{0,14}$/;
const ZEROS = Buffer.alloc(4096);

/** A head alone. */
const MIN_RECORD_BYTES = 24;
