import { closeSync, constants, fsyncSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { openOwn } from './data-files.js';
import { HEAD_BYTES, isNext, NO_RECORD, recordsOf, type LogRecord, type Tail } from './log-record.js';

/** What the log has lost. */
export interface Damage {
  /** How many, by the numbers of those before and after; at least that many. */
  readonly recordsLost: number;
  /** Bytes that are no record, before records that could be read. */
  readonly bytesUnread: number;
  /** How many records came after the first loss. */
  readonly recordsAfter: number;
}

/** A record that was read. */
export interface Recovering {
  readonly batch: Buffer;
  /** Number of the file that it is in. */
  readonly file: number;
  /** Whether something before it was lost. */
  readonly isAfterLoss: boolean;
}

export interface Recovered {
  /** Numbers of the files, ascending. */
  readonly files: number[];
  /** The last record. */
  readonly tail: Tail;
  /** False: something in the files is, or was, a record and was not read. */
  readonly isWhole: boolean;
  readonly damage: Damage | undefined;
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
 * @param isFlushed whether it is flushed first: who wrote it may not have come to that
 * @param take is given the records in their order
 * @throws an error of the file system
 */
export function recover(directory: string, isFlushed: boolean, take: (found: Recovering) => void): Recovered {
  const files = numbersIn(directory);
  const damage = { recordsLost: 0, bytesUnread: 0, recordsAfter: 0 };
  let isAfterLoss = false;
  let isWhole = true;
  let tail: Tail | undefined;
  /** Bytes at the ends of files that are neither records nor zeros, since the last record. */
  let torn = 0;
  for (const number of files) {
    const bytes = contentsOf(pathOf(directory, number), isFlushed);
    let at = 0;
    for (const record of recordsOf(bytes)) {
      const skipped = record.start - at;
      if (!mayFollow(record, tail, at === 0 ? Infinity : skipped)) {
        isWhole = false;
        continue;
      }
      // The oldest file may begin anywhere, but not after one in which nothing can be read.
      const isDue = tail === undefined ? torn === 0 || record.n === 1 : isNext(record, tail);
      if (skipped > 0 || !isDue) {
        isAfterLoss = true;
        damage.recordsLost += tail === undefined ? 1 : record.n - tail.n - 1;
        damage.bytesUnread += torn + skipped;
      }
      if (isAfterLoss) damage.recordsAfter++;
      take({ batch: record.batch, file: number, isAfterLoss });
      tail = record;
      torn = 0;
      at = record.end;
    }
    torn += bytes.subarray(at).findLastIndex((byte) => byte !== 0) + 1;
  }
  return {
    files,
    tail: tail ?? NO_RECORD,
    isWhole: isWhole && !isAfterLoss,
    damage: isAfterLoss ? damage : undefined,
  };
}

/**
 * Whether a record, the next that can be read after the last one, is one of this log. Of those in
 * the middle of a file only as many can be missing before it as the bytes before it can have been.
 */
function mayFollow(record: LogRecord, tail: Tail | undefined, bytesBefore: number): boolean {
  if (tail === undefined || isNext(record, tail)) return true;
  const missing = record.n - tail.n - 1;
  return missing > 0 && missing <= bytesBefore / HEAD_BYTES;
}

/** @throws an error of the file system */
function contentsOf(path: string, isFlushed: boolean): Buffer {
  const fd = openOwn(path, constants.O_RDWR);
  try {
    if (isFlushed) fsyncSync(fd);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Numbers of the files of a directory's log, ascending. */
function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export function pathOf(directory: string, number: number): string {
  return join(directory, `journal.${number}`);
}

/** Greater numbers are not exact, and no file of the log has one. */
const FILE_NAME = /^journal\.([1-9]\d{0,14})$/;
