import { crc32 } from 'node:zlib';

/**
 * A record of the log: a batch of updates behind a head. Numbers are little-endian.
 *
 *     4   magic number
 *     4   CRC-32 of the rest
 *     4   length of the batch
 *     8   number of the record: 1, 2, 3 and so on; a double
 *     4   CRC-32 of the record before, in this file or the one before; of the first of all 0
 *         batch
 */
export interface LogRecord {
  readonly n: number;
  readonly checksum: number;
  /** The checksum that the record before must have. */
  readonly follows: number;
  readonly batch: Buffer;
  /** Where it begins and ends in its file. */
  readonly start: number;
  readonly end: number;
}

/** What the next record has to name. */
export type Tail = Pick<LogRecord, 'n' | 'checksum'>;

/** What the first record of all follows. */
export const NO_RECORD: Tail = { n: 0, checksum: 0 };

/** Completes a record whose batch begins at HEAD_BYTES. @returns what the next one follows */
export function sealRecord(record: Buffer, { n, checksum }: Tail): Tail {
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(record.length - HEAD_BYTES, LENGTH_AT);
  record.writeDoubleLE(n + 1, NUMBER_AT);
  record.writeUInt32LE(checksum, FOLLOWS_AT);
  const own = crc32(record.subarray(LENGTH_AT));
  record.writeUInt32LE(own, CHECKSUM_AT);
  return { n: n + 1, checksum: own };
}

/** The record at a position in a file, whatever it follows; undefined if there is no whole one. */
function recordAt(file: Buffer, start: number): LogRecord | undefined {
  const length = lengthAt(file, start);
  if (length === undefined || file.readUInt32LE(start) !== MAGIC) return undefined;
  const end = start + HEAD_BYTES + length;
  const checksum = file.readUInt32LE(start + CHECKSUM_AT);
  if (crc32(file.subarray(start + LENGTH_AT, end)) !== checksum) return undefined;
  const n = file.readDoubleLE(start + NUMBER_AT);
  if (!Number.isSafeInteger(n)) return undefined;
  const batch = file.subarray(start + HEAD_BYTES, end);
  return { n, checksum, follows: file.readUInt32LE(start + FOLLOWS_AT), batch, start, end };
}

/**
 * All whole records of a file, wherever they begin. Peers choose bytes of the batches, so
 * what looks like a record costs a checksum each time: the search ends after some times the file's
 * length.
 */
export function* recordsOf(file: Buffer): Generator<LogRecord> {
  let budget = file.length * MAX_SEARCHES;
  let at = file.indexOf(MAGIC_BYTES);
  while (at >= 0 && budget > 0) {
    const record = recordAt(file, at);
    if (record !== undefined) yield record;
    else budget -= lengthAt(file, at) ?? 0;
    at = file.indexOf(MAGIC_BYTES, record?.end ?? at + 1);
  }
}

/** Whether `record` is the one that was written after `tail`. */
export function isNext(record: LogRecord, tail: Tail): boolean {
  return record.n === tail.n + 1 && record.follows === tail.checksum;
}

/** Of the batch; undefined if it does not fit into the file. */
function lengthAt(file: Buffer, start: number): number | undefined {
  const room = file.length - start - HEAD_BYTES;
  if (room < 0) return undefined;
  const length = file.readUInt32LE(start + LENGTH_AT);
  return length > room ? undefined : length;
}

export const HEAD_BYTES = 24;

const MAGIC = 0x4c4e524a;
const MAGIC_BYTES = Buffer.from('JRNL');
const MAX_SEARCHES = 64;
const CHECKSUM_AT = 4;
const LENGTH_AT = 8;
const NUMBER_AT = 12;
const FOLLOWS_AT = 20;
