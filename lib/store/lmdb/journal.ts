import { StoreUnavailableError, type StoreError } from '../errors.js';
import type { Durability } from './environment.js';
import { hasCode, NotFlushedError } from './errors.js';
import { JournalChain, type Found } from './journal-chain.js';
import { makeFile } from './journal-directory.js';
import { JournalFile, type JournalRecord, type Place } from './journal-file.js';
import { JournalLock } from './journal-lock.js';
import { UnflushedFiles } from './journal-unflushed.js';

export interface JournalOptions {
  readonly directory: string;
  /** `flush`: a group is appended when the disk has it. `commit`: when the system has it, and is asked to write it. */
  readonly durability: Durability;
  /** Groups that the journal reaches back. */
  readonly slots?: number;
  /** Of most files. */
  readonly fileBytes?: number;
  /** Milliseconds after which a process that appends nothing lets others append. */
  readonly idleMs?: number;
}

/** A group of updates and its number. */
export interface Group {
  readonly n: number;
  readonly group: Buffer;
  /** Whether this process appended it last. */
  readonly isOwn: boolean;
}

/**
 * A journal of groups of updates, numbered 1, 2, 3 and so on, to which the processes that have the directory open append in turn. It is
 * in files, `journal.1`, `journal.2` and so on, of which the oldest are removed when nobody needs their groups any more. Where one has no room for the
 * next group the next one has it.
 *
 * To append, a process has the lock of the journal, and keeps it for as long as it appends often and nobody else asks for it. So it knows where the
 * journal ends without looking. Others follow by looking what is there.
 *
 * A group is on the disk before it is said to be appended, and all groups before it are. So a power cut takes only groups from the end that nobody
 * was told of.
 */
export class Journal {
  readonly slots: number;
  readonly #directory: string;
  readonly #durability: Durability;
  readonly #fileBytes: number;
  readonly #chain: JournalChain;
  readonly #lock: JournalLock;
  readonly #idle: NodeJS.Timeout;
  #isAppending = false;
  /** Whether `next` gave all that there is, and nobody else appends: this process has the lock. */
  #isAtEnd = false;
  #making: Promise<void> | undefined;
  /** Bytes of the file that this process makes next. */
  #room = FIRST_FILE_BYTES;
  /** The newest group that `next` gave; undefined before the first. */
  #last: Place | undefined;
  /** Whether `readAll` failed, having given nothing: what it read nobody knows. */
  #isHalfRead = false;
  /** What this process appended, until `next` gives it. */
  #appended: Found | undefined;
  #failure: StoreError | undefined;
  readonly #unflushed: UnflushedFiles;
  #flushing: Promise<void> | undefined;
  /** For each slot how many bytes this process had read and written when it came to know the group. */
  readonly #ends: Float64Array;
  #end = 0;

  /** Opens the journal of a directory at its oldest group, and makes it if there is none. @throws an error of the file system, or of LMDB */
  constructor({
    directory,
    durability,
    slots = SLOTS,
    fileBytes = FILE_BYTES,
    idleMs = IDLE_MS,
  }: JournalOptions) {
    this.#directory = directory;
    this.#durability = durability;
    this.#fileBytes = fileBytes;
    this.slots = slots;
    this.#ends = new Float64Array(slots);
    this.#lock = new JournalLock(directory);
    this.#unflushed = new UnflushedFiles(directory);
    this.#chain = new JournalChain(directory, durability === 'flush');
    this.#idle = setTimeout(() => {
      if (!this.#isBusy) this.#release();
    }, idleMs).unref();
  }

  /** Bytes of the groups after group n, which is one of the last `slots`. */
  bytesAfter(n: number): number {
    return this.#end - (this.#ends[n % this.slots] ?? 0);
  }

  /**
   * The group that follows those that this gave; undefined if there is none yet; `gone` if it was removed: then what it and all before it
   * changed is in its place, and the journal has to be read anew, with `readAll`, which is also so if that failed.
   * @throws an error of the file system
   */
  next(): Group | 'gone' | undefined {
    return this.#isHalfRead ? 'gone' : this.#next();
  }

  #next(): Group | 'gone' | undefined {
    const appended = this.#appended;
    this.#appended = undefined;
    const found = appended ?? (this.#isAtEnd ? undefined : this.#chain.find(this.#last));
    if (found === undefined || found === 'gone') return found;
    const { n, group, checksum, start, end } = found.record;
    const { file } = this.#chain;
    if (found.file !== file && !file.isFlushed) this.#unflushed.add(file.ordinal);
    this.#chain.pass(found);
    this.#last = { n, checksum };
    this.#end += end - start;
    this.#ends[n % this.slots] = this.#end;
    return { n, group, isOwn: appended !== undefined };
  }

  /** All groups that are there, whatever was given before. @throws an error of the file system */
  readAll(): Group[] {
    this.#isHalfRead = true;
    for (;;) {
      this.#chain.reopen();
      this.#last = undefined;
      this.#appended = undefined;
      this.#isAtEnd = false;
      this.#end = 0;
      const groups: Group[] = [];
      let found = this.#next();
      for (; found !== undefined && found !== 'gone'; found = this.#next()) groups.push(found);
      if (found === 'gone') continue;
      this.#isHalfRead = false;
      return groups;
    }
  }

  /**
   * Appends group n, if it is the one after that which `next` gave last. If it is appended `next` has to be called for it before anything else. Until this settles
   * the bytes may not change, nor may another group be appended.
   * @returns false if another process has appended a group n
   * @throws an error of the file system or of LMDB, or a StoreError: whether it is appended is not known
   */
  async append(n: number, group: Buffer): Promise<boolean> {
    this.#isAppending = true;
    try {
      if (!this.#lock.isHeld) await this.#lock.acquire();
      if (this.#failure !== undefined) throw this.#failure;
      // Who would append has not followed the journal since that failed.
      if (this.#isHalfRead) return false;
      this.#isAtEnd ||= this.#chain.find(this.#last) === undefined;
      // Others may have appended while this process waited for the lock, and `next` may have given that.
      if (!this.#isAtEnd || n !== (this.#last ?? NONE).n + 1) return false;
      const file = await this.#fileFor(JournalFile.sizeOf(group));
      file.retain();
      try {
        this.#appended = { file, record: await this.#write(file, group) };
      } finally {
        file.close();
      }
      return true;
    } finally {
      this.#isAppending = false;
      this.#letGo();
    }
  }

  /** Removes files that have only groups before group n. Does not wait for that; a file that cannot be removed is tried again with the next one. */
  removeBefore(n: number): void {
    // Who does not know all groups does not know which are needed.
    if (!this.#isHalfRead) this.#chain.removeBefore(n);
  }

  /** Why nothing is written any more; undefined: it is. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Whether the files that are written into are still those at their paths. */
  isInPlace(): boolean {
    return this.#chain.file.isInPlace() && this.#lock.isInPlace();
  }

  /** Settles when nothing is under way, but for what is being appended. */
  async idle(): Promise<void> {
    await Promise.all([this.#chain.idle(), this.#flushing, this.#making?.catch(() => undefined)]);
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#isAtEnd = false;
    this.#chain.close();
    await this.#lock.close();
  }

  // --- writing, with the lock ---

  async #write(file: JournalFile, group: Buffer): Promise<JournalRecord> {
    const isFlushed = this.#durability === 'flush';
    // Before the write: if it comes to nothing, as when no file can be opened, nothing is written.
    if (isFlushed) await this.#flushOthers(file);
    try {
      const record = await file.write(this.#last ?? NONE, group);
      if (isFlushed) await file.flush(record);
      else this.#flushSoon(file);
      return record;
    } catch (error) {
      // If it is there all the same it was not flushed.
      if (this.#mayHaveNext(file)) this.#failure ??= new NotFlushedError(error);
      throw error;
    }
  }

  /** Whether a file has the next record, or cannot be read: then others may find it there. */
  #mayHaveNext(file: JournalFile): boolean {
    try {
      return file.peek(this.#last) !== undefined;
    } catch {
      return true;
    }
  }

  /** Has the disk take what is in other files than the one that is written into. */
  async #flushOthers(file: JournalFile): Promise<void> {
    try {
      this.#unflushed.toName(file.ordinal);
      if (file !== this.#chain.file) await this.#chain.file.flushAll();
      if (!this.#unflushed.isEmpty) await this.#unflushed.flush();
    } catch (error) {
      this.#failIfNotFlushed(error);
      throw error;
    }
  }

  /** Asks the system to write what is in a file, and in those that it was asked for in vain, as they could not be opened. */
  #flushSoon(file: JournalFile): void {
    this.#unflushed.add(file.ordinal);
    this.#unflushed.toName(file.ordinal);
    this.#flushing ??= this.#unflushed
      .flush()
      .catch((error: unknown) => {
        this.#failIfNotFlushed(error);
      })
      .finally(() => (this.#flushing = undefined));
  }

  #failIfNotFlushed(error: unknown): void {
    if (error instanceof NotFlushedError) this.#failure ??= error;
  }

  /** A file with so much room. When half of the present one is full the next one is made, so that nobody waits for it. */
  async #fileFor(bytes: number): Promise<JournalFile> {
    const chain = this.#chain;
    for (;;) {
      const file = chain.withRoom(bytes);
      if (file !== undefined) {
        const isLast = file.ordinal === chain.newest;
        if (isLast && file.position > file.size / 2 && this.#making === undefined && !chain.openNext()) {
          // Who needs the file asks again.
          this.#make(bytes).catch(() => undefined);
        }
        return file;
      }
      // Another may be there that this process could not open, or did not come to look at.
      if (chain.openNext() !== undefined) continue;
      if (this.#making !== undefined) {
        // That may be one which is open by now.
        await this.#making;
        continue;
      }
      await this.#make(bytes);
      if (chain.openNext() === undefined) throw new StoreUnavailableError('a file of the journal is gone');
    }
  }

  /** Makes the file after the newest. */
  #make(atLeast: number): Promise<void> {
    const making = this.#makeFile(this.#chain.newest + 1, atLeast).finally(() => {
      this.#making = undefined;
      this.#idle.refresh();
    });
    this.#making = making;
    return making;
  }

  /** A disk that is too full for as much as there should be may have room for the group. */
  async #makeFile(ordinal: number, atLeast: number): Promise<void> {
    const least = Math.max(Math.min(LEAST_FILE_BYTES, this.#fileBytes), atLeast);
    for (;;) {
      const size = Math.max(Math.min(this.#room, this.#fileBytes), least);
      try {
        await makeFile(this.#directory, ordinal, size);
        this.#unflushed.named(ordinal);
        this.#room = size * 2;
        return;
      } catch (error) {
        this.#failIfNotFlushed(error);
        if (!hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw error;
        this.#room = 0;
        if (size === least) throw error;
      }
    }
  }

  get #isBusy(): boolean {
    return this.#isAppending || this.#making !== undefined;
  }

  /** Gives the lock to who asks for it, or when nothing was appended for a while. */
  #letGo(): void {
    if (!this.#isBusy && this.#lock.isWanted) this.#release();
    else this.#idle.refresh();
  }

  #release(): void {
    this.#isAtEnd = false;
    this.#lock.release();
  }
}

/** What the first group of all follows. */
const NONE: Place = { n: 0, checksum: 0 };

/** Groups that the journal reaches back. At some thousand flushes a second, which is a fast disk, these are half a minute. */
const SLOTS = 65_536;

/** Of the first file that a process makes, so that this takes no time; each one after it has twice as many, up to `FILE_BYTES`. */
const FIRST_FILE_BYTES = 256 * 1024;
const FILE_BYTES = 8 * 1024 * 1024;

/** What the smallest file takes of most disks. */
const LEAST_FILE_BYTES = 4096;

/** Not at once: to have the lock again takes a fraction of a millisecond. */
const IDLE_MS = 5;
