import { closeSync, constants, fdatasync, fsync, openSync, write } from 'node:fs';
import { rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Log } from '../../log.js';
import type { StoreError } from '../errors.js';
import { identityOf, openOwn } from './data-files.js';
import type { Durability } from './environment.js';
import { hasCode, NotFlushedError } from './errors.js';
import { NO_RECORD, sealRecord, type Tail } from './log-record.js';
import { pathOf, recover, type Damage, type LogFile, type Recovering } from './recovery.js';

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
 * on, of which the oldest are removed when nobody needs their records any more.
 *
 * A position is a number of bytes: of the files from the oldest that was there at the start.
 *
 * Invariants:
 * - A record is written where only zeros follow it, in a file that has all of its length. So to
 *   flush it changes nothing but its own bytes, and what cannot be read after it was torn or is
 *   damaged.
 * - A record is on the disk, with all before it, before `append` settles (with `commit`: in the
 *   system). After a flush that failed nothing is appended any more.
 * - The file that has the last record stays: that record says how far numbers are.
 * - A file is removed only if all records in it were read, or written by this process. Else it is
 *   set aside under another name.
 */
export class WriteAheadLog {
  readonly #directory: string;
  readonly #durability: Durability;
  readonly #log: Log;
  readonly #fileBytes: number;
  /** Oldest first; the last one is `#current`, if that is open. */
  readonly #files: LogFile[] = [];
  #current: OpenFile | undefined;
  /** What comes after it, without records. */
  #next: OpenFile | undefined;
  #tail: Tail = NO_RECORD;
  /** Ordinal of the file that has the last record. */
  #tailOrdinal = 0;
  /** The highest ordinal of all files. */
  #ordinal = 0;
  /** Bytes of the file that is made next. */
  #room = FIRST_FILE_BYTES;
  #making: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #hasMoreToFlush = false;
  #removing: Promise<void> = Promise.resolve();
  #failure: StoreError | undefined;
  /** Of the directory. */
  readonly #fd: number | undefined;
  /** Kept so that the next file can be opened though connections have taken all others. */
  #spare: number | undefined;

  /** @throws an error of the file system */
  constructor({ directory, durability, log, fileBytes = FILE_BYTES }: WriteAheadLogOptions) {
    this.#directory = directory;
    this.#durability = durability;
    this.#log = log;
    this.#fileBytes = fileBytes;
    // Windows has no descriptors of directories, and flushes names by itself.
    if (process.platform !== 'win32') this.#fd = openSync(directory, 'r');
    this.#holdSpare();
  }

  /**
   * Reads what is there; to be called once, before anything is appended.
   * @throws an error of the file system
   */
  recover(take: (found: Recovering) => void): Damage | undefined {
    const { files, tail, damage } = recover(this.#directory, this.#flushes, take);
    this.#files.push(...files);
    this.#tail = tail;
    this.#tailOrdinal = files.findLast(({ at }) => at > 0)?.ordinal ?? 0;
    const last = files.at(-1);
    this.#ordinal = last?.ordinal ?? 0;
    if (damage === undefined && last?.isOpenEnded === true && last.start + last.at < last.end) {
      this.#current = { ...last, fd: openOwn(pathOf(this.#directory, last.ordinal), this.#flags) };
    }
    return damage;
  }

  /** The position after the last record. */
  get end(): number {
    const file = this.#current;
    return file === undefined ? (this.#files.at(-1)?.end ?? 0) : file.start + file.at;
  }

  /**
   * Appends a record, whose first bytes are room for its head. Until this settles its bytes may not
   * change, nor may another one be appended.
   * @returns its position
   * @throws an error of the file system, or a StoreError: whether it is appended is not known
   */
  async append(record: Buffer): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure;
    const file = await this.#fileFor(record.length);
    const tail = sealRecord(record, this.#tail);
    const { at } = file;
    try {
      await writeAll(file.fd, record, at);
      if (this.#flushes && !FLUSHES_WRITES) await datasync(file.fd);
    } catch (error) {
      // Where the disk had no room nothing was to be flushed; the next record is written over it.
      if (hasCode(error, ...NO_ROOM)) throw error;
      throw this.#fail(error);
    }
    file.at += record.length;
    this.#tail = tail;
    this.#tailOrdinal = file.ordinal;
    if (!this.#flushes) this.#flushSoon();
    return file.start + at;
  }

  /**
   * Removes files that end before a position. A file that cannot be removed is tried again later.
   */
  removeBefore(position: number): void {
    const [oldest] = this.#files;
    if (oldest === undefined || oldest.end > position || oldest.ordinal >= this.#tailOrdinal) return;
    this.#removing = this.#removing.then(() => this.#removeAllBefore(position));
  }

  /** Why nothing is appended any more; undefined: it is. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Whether the file that is written into is still the one at its path. */
  isInPlace(): boolean {
    const file = this.#current;
    return file === undefined || identityOf(pathOf(this.#directory, file.ordinal)) === identityOf(file.fd);
  }

  /** Settles when nothing is under way, but for what is being appended. */
  async idle(): Promise<void> {
    await Promise.all([this.#removing, this.#flushing, this.#making?.catch(() => undefined)]);
  }

  /** Nothing may be under way. */
  close(): void {
    for (const fd of [this.#current?.fd, this.#next?.fd, this.#spare, this.#fd]) {
      if (fd !== undefined) closeSync(fd);
    }
  }

  get #flushes(): boolean {
    return this.#durability === 'flush';
  }

  get #flags(): number {
    return constants.O_RDWR | (this.#flushes && FLUSHES_WRITES ? constants.O_DSYNC : 0);
  }

  /**
   * A file with so much room. When half of it is full the next one is made, so that nobody waits.
   */
  async #fileFor(bytes: number): Promise<OpenFile> {
    for (;;) {
      const file = this.#current;
      if (file !== undefined && this.end + bytes <= file.end) {
        if (file.at > (file.end - file.start) / 2 && this.#next === undefined) {
          // Who needs the file asks again.
          (this.#making ??= this.#make(0)).catch(() => undefined);
        }
        return file;
      }
      if (this.#next === undefined) await (this.#making ??= this.#make(bytes));
      await this.#goOn();
    }
  }

  /** Goes on to the next file. */
  async #goOn(): Promise<void> {
    const [file, next] = [this.#current, this.#next];
    if (next === undefined) return;
    if (file !== undefined) {
      await this.#flushing;
      if (!this.#flushes) await datasync(file.fd).catch((error: unknown) => this.#fail(error));
      closeSync(file.fd);
    }
    this.#holdSpare();
    this.#files.push(next);
    this.#current = next;
    this.#next = undefined;
  }

  /** Makes the next file. A disk that is too full for it may have room for the record. */
  async #make(atLeast: number): Promise<void> {
    const least = Math.max(Math.min(MIN_FILE_BYTES, this.#fileBytes), atLeast);
    try {
      for (;;) {
        const size = Math.max(Math.min(this.#room, this.#fileBytes), least);
        try {
          const ordinal = this.#ordinal + 1;
          const fd = await this.#makeFile(ordinal, size);
          this.#ordinal = ordinal;
          const start = this.#files.at(-1)?.end ?? 0;
          this.#next = { ordinal, fd, start, end: start + size, at: 0, isOpenEnded: true, isWhole: true };
          this.#room = size * 2;
          return;
        } catch (error) {
          this.#room = 0;
          if (size === least || !hasCode(error, ...NO_ROOM)) throw error;
        }
      }
    } finally {
      this.#making = undefined;
    }
  }

  /** Makes a file of so many zeros, whole or not at all. */
  async #makeFile(ordinal: number, size: number): Promise<number> {
    const path = join(this.#directory, 'journal.new');
    await rm(path, { force: true });
    if (this.#spare !== undefined) closeSync(this.#spare);
    this.#spare = undefined;
    let fd = openOwn(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
    try {
      const zeros = Buffer.alloc(ZEROS_BYTES);
      for (let at = 0; at < size; at += zeros.length) {
        await writeAll(fd, zeros.subarray(0, Math.min(zeros.length, size - at)), at);
      }
      await sync(fd);
      await rename(path, pathOf(this.#directory, ordinal));
      closeSync(fd);
      fd = openOwn(pathOf(this.#directory, ordinal), this.#flags);
    } catch (error) {
      closeSync(fd);
      this.#holdSpare();
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    // After a power cut a file without a name would be a loss in the middle of the log.
    if (this.#fd !== undefined) await sync(this.#fd).catch((error: unknown) => this.#fail(error));
    return fd;
  }

  #holdSpare(): void {
    if (process.platform === 'win32' || this.#spare !== undefined) return;
    this.#spare = openSync(this.#directory, 'r');
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
  async #removeAllBefore(position: number): Promise<void> {
    for (;;) {
      const [file] = this.#files;
      if (file === undefined || file.end > position || file.ordinal >= this.#tailOrdinal) return;
      const path = pathOf(this.#directory, file.ordinal);
      try {
        if (file.isWhole) await unlink(path);
        else await this.#setAside(path);
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
interface OpenFile extends LogFile {
  readonly fd: number;
  at: number;
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
