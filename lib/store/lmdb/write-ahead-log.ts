import { closeSync, constants, fdatasync, fsync, openSync, renameSync, rmSync, write } from 'node:fs';
import { promisify } from 'node:util';

import type { Log } from '../../log.js';
import type { StoreError } from '../errors.js';
import { identityOf, openOwn } from './data-files.js';
import type { Durability } from './environment.js';
import { hasCode, NotFlushedError } from './errors.js';
import { NO_RECORD, sealRecord, type Tail } from './log-record.js';
import { pathOf, recover, type Recovered, type Recovering } from './recovery.js';

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
 * - A file is zeros to its end when its first record is written. So to flush a record changes
 *   nothing but its own bytes, and what cannot be read after it was torn or is damaged. Only a
 *   record that is longer than a file has one to itself, which grows.
 * - A record is on the disk, with all before it, before `append` settles (with `commit`: in the
 *   system). After a flush that failed nothing is appended any more.
 * - The file that has the last record stays: that record says how far numbers are.
 */
export class WriteAheadLog {
  readonly #directory: string;
  readonly #flushes: boolean;
  readonly #log: Log;
  readonly #fileBytes: number;
  /** Numbers of the files that are removed when nobody needs them, ascending. */
  #files: number[] = [];
  /** Of those that were found if anything in them is damaged: they are kept. */
  #damaged: readonly number[] = [];
  #lastNumber = 0;
  #current: OpenFile | undefined;
  /** What comes after it. It is made ahead, so that nobody waits and its descriptor is sure. */
  #next: Promise<OpenFile> | undefined;
  #nextBytes: number;
  #tail: Tail = NO_RECORD;
  #flushing: Promise<unknown> | undefined;
  #failure: StoreError | undefined;
  /** Of the directory. Windows has none, and flushes names by itself. */
  readonly #fd: number | undefined;

  /** @throws an error of the file system */
  constructor({ directory, durability, log, fileBytes = FILE_BYTES }: WriteAheadLogOptions) {
    this.#directory = directory;
    this.#flushes = durability === 'flush';
    this.#log = log;
    this.#fileBytes = fileBytes;
    this.#nextBytes = Math.min(FIRST_FILE_BYTES, fileBytes);
    if (process.platform !== 'win32') this.#fd = openSync(directory, 'r');
  }

  /**
   * Reads what is there; to be called once, before anything is appended.
   * @throws an error of the file system
   */
  recover(take: (found: Recovering) => void): Recovered {
    const recovered = recover(this.#directory, this.#flushes, take);
    const { files, tail, isWhole } = recovered;
    this.#tail = tail;
    this.#lastNumber = files.at(-1) ?? 0;
    if (isWhole) this.#files = [...files];
    else this.#damaged = files;
    return recovered;
  }

  /** Number of the file that is written into, or else of the last one that was there. */
  get fileNumber(): number {
    return this.#current?.number ?? this.#lastNumber;
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
    if (file === undefined || (file.at > 0 && file.at + record.length > file.bytes)) {
      file = await this.#goOn();
    }
    const tail = sealRecord(record, this.#tail);
    try {
      await writeAll(file.fd, record, file.at);
      if (this.#flushes && !FLUSHES_WRITES) await datasync(file.fd);
    } catch (error) {
      // Where the disk had no room nothing was to be flushed; the next record is written over it.
      if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw error;
      throw this.#fail(error);
    }
    file.at += record.length;
    this.#tail = tail;
    if (!this.#flushes) this.#flushing ??= this.#flush(file).finally(() => (this.#flushing = undefined));
    return file.number;
  }

  /** Removes the files before one. One that cannot be removed is tried again with the next call. */
  removeBefore(number: number): void {
    if (this.#current === undefined || this.#current.at === 0) return;
    const end = Math.min(number, this.#current.number);
    // In order, and none after one that stays: a gap would be a loss.
    for (let [oldest = end] = this.#files; oldest < end; [oldest = end] = this.#files) {
      try {
        rmSync(pathOf(this.#directory, oldest), { force: true });
      } catch {
        return;
      }
      this.#files.shift();
    }
  }

  /**
   * Renames the damaged files, whose records nobody needs any more.
   * @throws an error of the file system
   */
  setDamagedAside(): void {
    for (const number of this.#damaged) {
      const path = pathOf(this.#directory, number);
      let aside = `${path}.damaged`;
      while (identityOf(aside) !== undefined) aside += '+';
      renameSync(path, aside);
      this.#log.warn('damaged file set aside', { file: aside });
    }
  }

  /** Whether the file that is written into is still the one at its path. */
  isInPlace(): boolean {
    const file = this.#current;
    return file === undefined || identityOf(pathOf(this.#directory, file.number)) === identityOf(file.fd);
  }

  /** Settles when nothing is under way, but for what is being appended. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#flushing, this.#next]);
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    const next = await this.#next?.catch(() => undefined);
    for (const fd of [this.#current?.fd, next?.fd, this.#fd]) if (fd !== undefined) closeSync(fd);
  }

  /** Goes on to a new file. */
  async #goOn(): Promise<OpenFile> {
    const file = await (this.#next ?? this.#make());
    // A record that is lost before one that is there would be damage.
    await this.#flushing;
    if (this.#current !== undefined) closeSync(this.#current.fd);
    this.#current = file;
    this.#next = this.#make();
    // Whoever needs it has it made again.
    this.#next.catch(() => (this.#next = undefined));
    return file;
  }

  /**
   * Makes a file of zeros, which is on the disk with its name: after a power cut one without a name
   * would be a loss in the middle of the log.
   */
  async #make(): Promise<OpenFile> {
    const number = ++this.#lastNumber;
    const bytes = this.#nextBytes;
    const path = pathOf(this.#directory, number);
    try {
      const zeros = openOwn(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
      try {
        for (let at = 0; at < bytes; at += ZEROS.length) {
          await writeAll(zeros, ZEROS.subarray(0, bytes - at), at);
        }
        await sync(zeros);
      } finally {
        closeSync(zeros);
      }
      if (this.#fd !== undefined) await sync(this.#fd);
      const fd = openOwn(path, this.#flushes ? OPEN_TO_FLUSH : constants.O_RDWR);
      this.#files.push(number);
      this.#nextBytes = Math.min(bytes * 2, this.#fileBytes);
      return { number, fd, bytes, at: 0 };
    } catch (error) {
      // A disk that is too full for it may have room for a small one.
      this.#nextBytes = Math.min(FIRST_FILE_BYTES, this.#fileBytes);
      rmSync(path, { force: true });
      throw error;
    }
  }

  /** Has the system write what was appended, and then what was appended meanwhile. */
  async #flush(file: OpenFile): Promise<void> {
    try {
      for (let flushed = 0; flushed < file.at;) {
        const { at } = file;
        await datasync(file.fd);
        flushed = at;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(cause: unknown): StoreError {
    return (this.#failure ??= new NotFlushedError(cause));
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

/** Of the first file, so that it takes no time; each one has twice as many as the one before. */
const FIRST_FILE_BYTES = 256 * 1024;
const FILE_BYTES = 8 * 1024 * 1024;

/**
 * Zeros are written so many at a time. Linux keeps what one call wrote in pieces of up to 2 MiB,
 * and writes a whole piece to the disk for each record in it.
 */
const ZEROS = Buffer.alloc(8 * 1024);
