import { closeSync, openSync } from 'node:fs';
import { unlink } from 'node:fs/promises';

import { StoreUnavailableError, type StoreError } from '../errors.js';
import type { Durability } from './environment.js';
import { flush, isThere, makeFile, ordinalsIn, pathOf } from './journal-directory.js';
import { JournalFile, type JournalRecord, type Place } from './journal-file.js';
import { JournalLock } from './journal-lock.js';

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
  readonly #lock: JournalLock;
  readonly #idle: NodeJS.Timeout;
  #isAppending = false;
  /** Whether `next` gave all that there is, and nobody else appends: this process has the lock. */
  #isAtEnd = false;
  #file: JournalFile;
  /** The next file, if it is open. */
  #ahead: JournalFile | undefined;
  #making: Promise<void> | undefined;
  /** Bytes of the file that this process makes next. */
  #room = FIRST_FILE_BYTES;
  /** The newest group that `next` gave; undefined before the first. */
  #last: Place | undefined;
  /** What this process appended, until `next` gives it. */
  #appended: JournalRecord | undefined;
  #failure: StoreError | undefined;
  /** All files that may be there up to the one that is read, oldest first, with the first group of each. */
  #files: { readonly ordinal: number; first: number | undefined }[] = [];
  /** Ordinals of files with groups that the disk may not have yet. */
  readonly #unflushed = new Set<number>();
  /** Whether the directory has the files that are read, after a power cut as well. */
  #isDirectoryFlushed = false;
  #flushing: Promise<void> | undefined;
  #removing: Promise<void> = Promise.resolve();
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
    // Without room, which is a matter of the lock.
    if (ordinalsIn(directory).length === 0) closeSync(openSync(pathOf(directory, 1), 'a'));
    this.#file = this.#openOldest();
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
   * changed is in its place, and the journal has to be read anew.
   * @throws an error of the file system
   */
  next(): Group | 'gone' | undefined {
    const appended = this.#appended;
    this.#appended = undefined;
    const record = appended ?? (this.#isAtEnd ? undefined : this.#seek());
    if (record === undefined || record === 'gone') return record;
    const { n, group, checksum, start, end } = record;
    this.#file.pass(record);
    this.#last = { n, checksum };
    this.#end += end - start;
    this.#ends[n % this.slots] = this.#end;
    const known = this.#files.at(-1);
    if (known !== undefined) known.first ??= n;
    return { n, group, isOwn: appended !== undefined };
  }

  /** All groups that are there, whatever was given before. @throws an error of the file system */
  readAll(): Group[] {
    for (;;) {
      this.#closeFiles();
      this.#file = this.#openOldest();
      const groups: Group[] = [];
      let found = this.next();
      for (; found !== undefined && found !== 'gone'; found = this.next()) groups.push(found);
      if (found === undefined) return groups;
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
      this.#isAtEnd ||= this.#seek() === undefined;
      // Others may have appended while this process waited for the lock, and `next` may have given that.
      if (!this.#isAtEnd || n !== (this.#last ?? NONE).n + 1) return false;
      await this.#makeRoom(JournalFile.sizeOf(group));
      const file = this.#file;
      file.retain();
      try {
        this.#appended = await this.#write(file, group);
      } finally {
        file.close();
      }
      return true;
    } finally {
      this.#isAppending = false;
      this.#letGo();
    }
  }

  /** Removes files that have only groups before group n. Does not wait for that; a file that cannot be removed is tried again after a restart. */
  removeBefore(n: number): void {
    for (;;) {
      const [oldest, next] = this.#files;
      // A group stays, whatever it is: it says how far numbers are.
      if (oldest === undefined || next?.first === undefined || next.first > n) return;
      this.#files.shift();
      const path = pathOf(this.#directory, oldest.ordinal);
      this.#removing = this.#removing.then(() => unlink(path)).catch(() => undefined);
    }
  }

  /** Why nothing is written any more; undefined: it is. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Whether the files that are written into are still those at their paths. */
  isInPlace(): boolean {
    return this.#file.isInPlace() && this.#lock.isInPlace();
  }

  /** Settles when nothing is under way, but for what is being appended. */
  async idle(): Promise<void> {
    await Promise.all([this.#removing, this.#flushing, this.#making?.catch(() => undefined)]);
  }

  /** Nothing may be under way. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#isAtEnd = false;
    this.#closeFiles();
    await this.#lock.close();
  }

  // --- reading ---

  /** The next record, in this file or the next; stays there. */
  #seek(): JournalRecord | 'gone' | undefined {
    for (;;) {
      const record = this.#file.peek(this.#last);
      if (record !== undefined) return record;
      const next = this.#follower();
      if (next === undefined || next === 'gone') return next;
      // The next one may have had no room either. Then the one after that was made, and both stay as they are.
      if (next.peek(this.#last) === undefined && !isThere(pathOf(this.#directory, next.ordinal + 1)))
        return undefined;
      // Once more: nothing was written into the next file while this one had room.
      if (this.#file.peek(this.#last) === undefined) this.#moveTo(next);
    }
  }

  /** The next file; undefined if there is none yet, `gone` if it was removed. */
  #follower(): JournalFile | 'gone' | undefined {
    const ordinal = this.#file.ordinal + 1;
    if (this.#ahead === undefined && isThere(pathOf(this.#directory, ordinal)))
      this.#ahead = this.#open(ordinal);
    // They are removed in order.
    return this.#ahead ?? (this.#file.isRemoved ? 'gone' : undefined);
  }

  #moveTo(next: JournalFile): void {
    if (!this.#file.isFlushed) this.#unflushed.add(this.#file.ordinal);
    this.#file.close();
    this.#file = next;
    this.#ahead = undefined;
    this.#files.push({ ordinal: next.ordinal, first: undefined });
  }

  /** Opens the oldest file from which on all are there, up to the newest: what is before one that is missing is not needed any more. */
  #openOldest(): JournalFile {
    this.#last = undefined;
    this.#appended = undefined;
    this.#isAtEnd = false;
    this.#end = 0;
    for (;;) {
      const ordinals = ordinalsIn(this.#directory);
      const newest = ordinals.at(-1);
      if (newest === undefined) throw new StoreUnavailableError('the journal of the LMDB store is gone');
      let oldest = newest;
      while (isThere(pathOf(this.#directory, oldest - 1))) oldest--;
      const file = this.#open(oldest);
      // Else it was removed just now.
      if (file === undefined) continue;
      const left = ordinals.filter((ordinal) => ordinal < oldest);
      this.#files = [
        ...left.map((ordinal) => ({ ordinal, first: 0 })),
        { ordinal: oldest, first: undefined },
      ];
      return file;
    }
  }

  /** Undefined if there is no such file. */
  #open(ordinal: number): JournalFile | undefined {
    try {
      return new JournalFile(pathOf(this.#directory, ordinal), ordinal, this.#durability === 'flush');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #closeFiles(): void {
    this.#file.close();
    this.#ahead?.close();
    this.#ahead = undefined;
  }

  // --- writing, with the lock ---

  async #write(file: JournalFile, group: Buffer): Promise<JournalRecord> {
    try {
      const record = await file.write(this.#last ?? NONE, group);
      if (this.#durability === 'flush') {
        await this.#flushUnflushed();
        await file.flush(record);
      } else {
        this.#unflushed.add(file.ordinal);
        this.#flushing ??= this.#flushUnflushed()
          .catch(() => undefined)
          .finally(() => (this.#flushing = undefined));
      }
      return record;
    } catch (error) {
      // If it is there all the same it was not flushed. From now on the system may take for written what it could not write: nothing may build on that.
      if (file.peek(this.#last) !== undefined) {
        const text = 'the journal could not be flushed, and is not written to before a restart';
        this.#failure = new StoreUnavailableError(text, { cause: error });
      }
      throw error;
    }
  }

  /** What is added meanwhile as well. */
  async #flushUnflushed(): Promise<void> {
    if (!this.#isDirectoryFlushed) await flush(this.#directory);
    this.#isDirectoryFlushed = true;
    for (const ordinal of this.#unflushed) {
      this.#unflushed.delete(ordinal);
      const path = pathOf(this.#directory, ordinal);
      // What was in a file that was removed is in its place.
      if (isThere(path)) await flush(path);
    }
  }

  /** Goes on to the next file if this one has no room. When half of it is full the next one is made, so that nobody waits for it. */
  async #makeRoom(bytes: number): Promise<void> {
    for (;;) {
      const { position, size, ordinal } = this.#file;
      const isFull = position + bytes > size;
      if (!isFull && position <= size / 2) return;
      if (this.#making === undefined && this.#follower() === undefined) {
        this.#making = this.#make(ordinal + 1, bytes).finally(() => {
          this.#making = undefined;
          this.#idle.refresh();
        });
        // Who needs the file asks again.
        this.#making.catch(() => undefined);
      }
      if (!isFull) return;
      await this.#making;
      const next = this.#follower();
      if (next === undefined || next === 'gone')
        throw new StoreUnavailableError('a file of the journal is gone');
      this.#moveTo(next);
    }
  }

  #make(ordinal: number, atLeast: number): Promise<void> {
    const size = Math.max(Math.min(this.#room, this.#fileBytes), atLeast);
    this.#room *= 2;
    return makeFile(this.#directory, ordinal, size);
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

/** Not at once: to have the lock again takes a fraction of a millisecond. */
const IDLE_MS = 5;
