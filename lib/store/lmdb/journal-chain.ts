import { unlink } from 'node:fs/promises';

import { StoreUnavailableError } from '../errors.js';
import { hasCode } from './errors.js';
import { isThere, makeEmptyFile, ordinalsIn, pathOf } from './journal-directory.js';
import { JournalFile, type JournalRecord, type Place } from './journal-file.js';

/** A record, and the file that has it. */
export interface Found {
  readonly file: JournalFile;
  readonly record: JournalRecord;
}

/**
 * The files of a journal, from the oldest to the newest, as one process knows them.
 *
 * Invariants:
 * - `file` has the newest record that this process knows, or is the oldest file while it knows none. It goes on to another file with a record of
 *   that file, never without one: as long as the next record is nowhere it may come into any file from here on, whatever files have been made since.
 * - So a record has to be looked for in all files from `file` on. Who has the journal's lock and finds none there knows that there is none, and may
 *   write it into any one of them.
 * - Files that were passed are not written into any more.
 */
export class JournalChain {
  readonly #directory: string;
  readonly #flushes: boolean;
  #file: JournalFile;
  /** The files after that one, as far as they are open; this process has read nothing in them. */
  #ahead: JournalFile[] = [];
  /**
   * All files that may be there up to `file`, oldest first. All groups in files before one come before its `first`, which is known for all of them
   * once a record is: of a file that has none, as it had no room or lost it, it is that of the file after.
   */
  #passed: { readonly ordinal: number; first: number | undefined }[] = [];
  /** Ordinals of files that are not needed, oldest first. */
  readonly #removable: number[] = [];
  #removing: Promise<void> = Promise.resolve();

  /**
   * Opens the oldest file, and makes one if there is none.
   * @param flushes whether files will be flushed
   * @throws an error of the file system
   */
  constructor(directory: string, flushes: boolean) {
    this.#directory = directory;
    this.#flushes = flushes;
    // Without room, which is a matter of the lock.
    if (ordinalsIn(directory).length === 0) makeEmptyFile(pathOf(directory, 1));
    this.#file = this.#openOldest();
  }

  get file(): JournalFile {
    return this.#file;
  }

  /** Ordinal of the last file that is open. */
  get newest(): number {
    return (this.#ahead.at(-1) ?? this.#file).ordinal;
  }

  /** Begins again at the oldest file. @throws an error of the file system: then nothing is other than before */
  reopen(): void {
    const before = [this.#file, ...this.#ahead];
    this.#file = this.#openOldest();
    this.#ahead = [];
    for (const file of before) file.close();
  }

  /**
   * The record that follows another; undefined if there is none yet, `gone` if it was removed.
   * @param last the newest record that is known; undefined: none is, and the oldest that is there follows
   * @throws an error of the file system
   */
  find(last: Place | undefined): Found | 'gone' | undefined {
    const found = this.#lookFor(last);
    if (found === undefined || found === 'gone' || found.file === this.#file) return found;
    // Where any record would do, an older one may have come into a file that was looked at before. By now it is there.
    return this.#lookFor(last);
  }

  /** Goes on to what follows a record. */
  pass({ file, record }: Found): void {
    this.#know(record.n);
    while (this.#file !== file) {
      const next = this.#ahead.shift();
      if (next === undefined) throw new Error('a record of no file of the journal');
      this.#file.close();
      this.#file = next;
      this.#passed.push({ ordinal: next.ordinal, first: record.n });
    }
    file.pass(record);
  }

  /** The first file from `file` on that has so much room, of those that are open. */
  withRoom(bytes: number): JournalFile | undefined {
    if (this.#file.position + bytes <= this.#file.size) return this.#file;
    return this.#ahead.find(({ size }) => bytes <= size);
  }

  /** Opens the file after the last one that is open; undefined if there is none yet. @throws an error of the file system */
  openNext(): JournalFile | undefined {
    const ordinal = this.newest + 1;
    const next = isThere(pathOf(this.#directory, ordinal)) ? this.#open(ordinal) : undefined;
    if (next !== undefined) this.#ahead.push(next);
    return next;
  }

  /** Removes files that have only groups before group n. Does not wait for that; a file that cannot be removed is tried again with the next one. */
  removeBefore(n: number): void {
    for (;;) {
      const [oldest, next] = this.#passed;
      // A group stays, whatever it is: it says how far numbers are.
      if (oldest === undefined || next?.first === undefined || next.first > n) return;
      this.#passed.shift();
      this.#removable.push(oldest.ordinal);
      this.#removing = this.#removing.then(() => this.#removeAll());
    }
  }

  /** Settles when no file is being removed. */
  idle(): Promise<void> {
    return this.#removing;
  }

  close(): void {
    this.#file.close();
    for (const file of this.#ahead) file.close();
  }

  /** Where no record was known up to now the oldest file begins with this one, or has none. */
  #know(n: number): void {
    const newest = this.#passed.at(-1);
    if (newest !== undefined) newest.first ??= n;
  }

  /** In order, and none after one that stays: who has read that one to its end, and finds none after it, would take this for the journal's. */
  async #removeAll(): Promise<void> {
    for (let [oldest] = this.#removable; oldest !== undefined; [oldest] = this.#removable) {
      try {
        await unlink(pathOf(this.#directory, oldest));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) return;
      }
      this.#removable.shift();
    }
  }

  #lookFor(last: Place | undefined): Found | 'gone' | undefined {
    const record = this.#file.peek(last);
    if (record !== undefined) return { file: this.#file, record };
    for (let i = 0; ; i++) {
      const file = this.#ahead[i] ?? this.openNext();
      // They are removed in order.
      if (file === undefined) return (this.#ahead.at(-1) ?? this.#file).isRemoved ? 'gone' : undefined;
      const later = file.peek(last);
      if (later !== undefined) return { file, record: later };
    }
  }

  /** Opens the oldest file from which on all are there, up to the newest: what is before one that is missing is not needed any more. */
  #openOldest(): JournalFile {
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
      this.#passed = [
        ...left.map((ordinal) => ({ ordinal, first: 0 })),
        { ordinal: oldest, first: undefined },
      ];
      return file;
    }
  }

  /** Undefined if there is no such file. */
  #open(ordinal: number): JournalFile | undefined {
    try {
      return new JournalFile(pathOf(this.#directory, ordinal), ordinal, this.#flushes);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }
}
