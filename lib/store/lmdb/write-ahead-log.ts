import { closeSync, constants, fdatasync, fsync, openSync, write } from 'node:fs';
import { rename, rm, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

import type { Log } from '../../log.js';
import type { StoreError } from '../errors.js';
import { identityOf, openOwn } from './data-files.js';
import type { Durability } from './environment.js';
import { hasCode, NotFlushedError } from './errors.js';
import { NO_RECORD, sealRecord, type Tail } from './log-record.js';
import { pathOf, recover, type Damage, type Recovering } from './recovery.js';

export interface WriteAheadLogOptions {
  readonly directory: string;
  /** `flush`: a record is appended when the disk has it. `commit`: when the system has it. */
  readonly durability: Durability;
  readonly log: Log;
  /** Of most files. */
  readonly fileBytes?: number;
}

/**
 * The log of changes that are not in LMDB yet: records in files, `journal.1`, `journal.2` and so
 * on, of which the oldest are removed when nobody needs their records any more. A process reads the
 * files that it finds, and appends to files of its own.
 *
 * Invariants:
 * - A file is all zeros, to its end, when its first record is written. So to flush a record changes
 *   nothing but its own bytes, and what cannot be read after it was torn or is damaged.
 * - A record is on the disk, with all before it, before `append` settles (with `commit`: in the
 *   system). After a flush that failed nothing is appended any more.
 * - The file that has the last record stays: that record says how far numbers are.
 */
export class WriteAheadLog {
  readonly #directory: string;
  readonly #flushes: boolean;
  readonly #log: Log;
  readonly #fileBytes: number;
  /** Numbers of all files, ascending. */
  #files: number[] = [];
  #lastNumber = 0;
  /** Those up to this one are kept under another name. */
  #damagedTo = 0;
  #current: OpenFile | undefined;
  /** What comes after it. It is made ahead, so that nobody waits and its descriptor is sure. */
  #next: Promise<OpenFile> | undefined;
  #tail: Tail = NO_RECORD;
  #nextBytes = FIRST_FILE_BYTES;
  #flushing: Promise<void> | undefined;
  #hasMoreToFlush = false;
  #removing: Promise<void> | undefined;
  #failure: StoreError | undefined;
  /** Of the directory. Windows has none, and flushes names by itself. */
  readonly #fd: number | undefined;

  /** @throws an error of the file system */
  constructor({ directory, durability, log, fileBytes = FILE_BYTES }: WriteAheadLogOptions) {
    this.#directory = directory;
    this.#flushes = durability === 'flush';
    this.#log = log;
    this.#fileBytes = fileBytes;
    if (process.platform !== 'win32') this.#fd = openSync(directory, 'r');
  }

  /**
   * Reads what is there; to be called once, before anything is appended.
   * @throws an error of the file system
   */
  recover(take: (found: Recovering) => void): Damage | undefined {
    const { files, tail, isWhole, damage } = recover(this.#directory, this.#flushes, take);
    this.#files = files;
    this.#tail = tail;
    this.#lastNumber = files.at(-1) ?? 0;
    if (!isWhole) this.#damagedTo = this.#lastNumber;
    return damage;
  }

  /** Number of the file that is written into, or else of the last one that was there. */
  get fileNumber(): number {
    return this.#current?.number ?? this.#files.at(-1) ?? 0;
  }

  /**
   * Appends a record, whose first bytes are room for its head. Until this settles its bytes may not
   * change, nor may another one be appended.
   * @returns the number of the file that it is in
   * @throws an error of the file system, or a StoreError: whether it is appended is not known
   */
  async append(record: Buffer): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure;
    let file = this.#current;
    if (file === undefined || file.at + record.length > file.bytes) file = await this.#goOn(record.length);
    const tail = sealRecord(record, this.#tail);
    try {
      await writeAll(file.fd, record, file.at);
      if (this.#flushes && !FLUSHES_WRITES) await datasync(file.fd);
    } catch (error) {
      // Where the disk had no room nothing was to be flushed; the next record is written over it.
      if (hasCode(error, ...NO_ROOM)) throw error;
      throw this.#fail(error);
    }
    file.at += record.length;
    this.#tail = tail;
    if (!this.#flushes) this.#flushSoon();
    return file.number;
  }

  /** Removes the files before one. A file that cannot be removed is tried again later. */
  removeBefore(number: number): void {
    const [oldest = Infinity] = this.#files;
    if (this.#current === undefined || this.#current.at === 0) return;
    const end = Math.min(number, this.#current.number);
    if (oldest < end) this.#removing ??= this.#remove(end).finally(() => (this.#removing = undefined));
  }

  /** Why nothing is appended any more; undefined: it is. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Whether the file that is written into is still the one at its path. */
  isInPlace(): boolean {
    const file = this.#current;
    return file === undefined || identityOf(pathOf(this.#directory, file.number)) === identityOf(file.fd);
  }

  /** Settles when nothing is under way, but for what is being appended. */
  async idle(): Promise<void> {
    await Promise.all([this.#removing, this.#flushing, this.#next?.catch(() => undefined)]);
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    const next = await this.#next?.catch(() => undefined);
    for (const fd of [this.#current?.fd, next?.fd, this.#fd]) if (fd !== undefined) closeSync(fd);
  }

  /** Goes on to a new file, which has that much room. */
  async #goOn(bytes: number): Promise<OpenFile> {
    let file = await (this.#next ?? this.#make(bytes));
    this.#next = undefined;
    if (file.bytes < bytes) {
      closeSync(file.fd);
      file = await this.#make(bytes);
    }
    // A record that is lost before one that is there would be damage.
    await this.#flushing;
    if (this.#current !== undefined) closeSync(this.#current.fd);
    this.#current = file;
    this.#next = this.#make(0);
    // Whoever needs it has it made again.
    this.#next.catch(() => (this.#next = undefined));
    return file;
  }

  /** Makes a file. A disk that is too full for it may have room for the record. */
  async #make(atLeast: number): Promise<OpenFile> {
    const number = ++this.#lastNumber;
    const path = pathOf(this.#directory, number);
    const least = Math.max(Math.min(MIN_FILE_BYTES, this.#fileBytes), atLeast);
    const most = Math.max(Math.min(this.#nextBytes, this.#fileBytes), least);
    try {
      const bytes = await writeZeros(path, least, most, this.#fd);
      const fd = openOwn(path, this.#flushes ? OPEN_TO_FLUSH : constants.O_RDWR);
      this.#files.push(number);
      this.#nextBytes = bytes * 2;
      return { number, fd, bytes, at: 0 };
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Has the system write what was appended, and then what was appended meanwhile. */
  #flushSoon(): void {
    this.#hasMoreToFlush = true;
    this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = undefined));
  }

  async #flushAll(): Promise<void> {
    while (this.#hasMoreToFlush && this.#current !== undefined) {
      this.#hasMoreToFlush = false;
      await datasync(this.#current.fd).catch((error: unknown) => this.#fail(error));
    }
  }

  #fail(cause: unknown): StoreError {
    return (this.#failure ??= new NotFlushedError(cause));
  }

  /** In order, and none after one that stays: a gap would be a loss. */
  async #remove(end: number): Promise<void> {
    for (let [oldest = end] = this.#files; oldest < end; [oldest = end] = this.#files) {
      const path = pathOf(this.#directory, oldest);
      try {
        if (oldest <= this.#damagedTo) await this.#setAside(path);
        else await unlink(path);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) return;
      }
      this.#files.shift();
    }
  }

  async #setAside(path: string): Promise<void> {
    let aside = `${path}.damaged`;
    while (identityOf(aside) !== undefined) aside += '+';
    await rename(path, aside);
    this.#log.warn('damaged file set aside', { file: aside });
  }
}

/** A file that records are written into. */
interface OpenFile {
  readonly number: number;
  readonly fd: number;
  readonly bytes: number;
  /** Where the next record begins. */
  at: number;
}

/**
 * Makes a file of zeros, which is on the disk with its name: after a power cut one without a name
 * would be a loss in the middle of the log.
 * @param directory its descriptor
 * @returns how many there are: less than `most` if the disk is full
 */
async function writeZeros(path: string, least: number, most: number, directory?: number): Promise<number> {
  const fd = openOwn(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
  try {
    const zeros = Buffer.alloc(ZEROS_BYTES);
    let at = 0;
    try {
      for (; at < most; at += ZEROS_BYTES) await writeAll(fd, zeros.subarray(0, most - at), at);
    } catch (error) {
      if (at < least || !hasCode(error, ...NO_ROOM)) throw error;
    }
    await sync(fd);
    if (directory !== undefined) await sync(directory);
    return Math.min(at, most);
  } finally {
    closeSync(fd);
  }
}

/** A disk that becomes full takes a part, and gives the error when it is given the rest. */
async function writeAll(fd: number, bytes: Buffer, position: number): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    at += await new Promise<number>((resolve, reject) => {
      write(fd, bytes, at, bytes.length - at, position + at, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }
}

const datasync = (fd: number): Promise<void> => promisify(fdatasync)(fd);
const sync = (fd: number): Promise<void> => promisify(fsync)(fd);

/** Has the system flush each write before it returns, one call where there would be two. */
const FLUSHES_WRITES = process.platform === 'linux';
const OPEN_TO_FLUSH = constants.O_RDWR | (FLUSHES_WRITES ? constants.O_DSYNC : 0);

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'] as const;

/** Of the first file, so that it takes no time; each one has twice as many as the one before. */
const FIRST_FILE_BYTES = 256 * 1024;
const FILE_BYTES = 8 * 1024 * 1024;
/**
 * Zeros are written so many at a time. Linux keeps what one call wrote in pieces of up to 2 MiB,
 * and writes a whole piece to the disk for each record in it.
 */
const ZEROS_BYTES = 8 * 1024;
/** What the smallest file takes of most disks. */
const MIN_FILE_BYTES = 4096;
