import { closeSync, existsSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import type { RootDatabase } from 'lmdb';

import { openFile, refuseForeignFile } from './environment.js';

/**
 * The right to write into the journal, which one process has at a time.
 *
 * It is the write lock of an LMDB file that holds nothing else. The system gives it back when a process ends, however that ends. Whoever waits for it
 * asks by making a file, which whoever has it looks for after each use; so it need not be given back for every use.
 */
export class JournalLock {
  readonly #shared: Shared;
  readonly #path: string;
  readonly #asking: string;
  readonly #opened: { readonly ino: number; readonly dev: number };
  #release: (() => void) | undefined;

  /**
   * Waits for whoever has the lock, as to open an LMDB file does.
   * @throws an error of LMDB or of the file system
   */
  constructor(directory: string) {
    this.#path = join(directory, 'owner.mdb');
    this.#asking = join(directory, 'journal.wanted');
    this.#shared = OPENED.get(this.#path) ?? this.#open();
    this.#shared.users++;
    this.#opened = statSync(this.#path);
  }

  get isHeld(): boolean {
    return this.#release !== undefined;
  }

  /** Whether it is to be given back: somebody else has asked for it since it was acquired, or this process ends. */
  get isWanted(): boolean {
    return this.#shared.isGivenUp || existsSync(this.#asking);
  }

  /** Whether the file is still the one at its path: else another process may have a lock of its own. */
  isInPlace(): boolean {
    const now = statSync(this.#path, { throwIfNoEntry: false });
    return now?.ino === this.#opened.ino && now.dev === this.#opened.dev;
  }

  /** Waits for the lock, which must not be held; for ever if locks are given up. Rejects with an error of LMDB or of the file system. */
  async acquire(): Promise<void> {
    // Again and again: who has it may take the file for that of somebody else who asks.
    const asking = setInterval(() => {
      if (this.#shared.isGivenUp) clearInterval(asking);
      else this.#ask();
    }, ASK_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        const hold = async (): Promise<void> => {
          if (this.#shared.isGivenUp) return;
          try {
            await this.#shared.file.transaction(() => {
              if (this.#shared.isGivenUp) return;
              resolve();
              return new Promise<void>((release) => (this.#release = release));
            });
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        // One transaction after the other: the package may run those that wait together as one, which would let nobody else in.
        this.#shared.last = this.#shared.last.then(hold);
      });
    } finally {
      clearInterval(asking);
    }
  }

  /** Gives the lock back, if it is held. */
  release(): void {
    if (this.#release === undefined) return;
    try {
      unlinkSync(this.#asking);
    } catch {
      // Nobody asked.
    }
    this.#release();
    this.#release = undefined;
  }

  async close(): Promise<void> {
    this.release();
    this.#shared.users--;
    if (this.#shared.users > 0) return;
    OPENED.delete(this.#path);
    await this.#shared.last;
    await this.#shared.file.close();
  }

  #open(): Shared {
    if (refuseForeignFile(this.#path)) this.#ask();
    const shared = {
      file: openFile(this.#path, 'commit'),
      users: 0,
      last: Promise.resolve(),
      isGivenUp: false,
    };
    OPENED.set(this.#path, shared);
    return shared;
  }

  #ask(): void {
    try {
      closeSync(openSync(this.#asking, 'a'));
    } catch {
      // It is there already, and another user's; or none can be made. Who has the lock then gives it back when it is idle.
    }
  }
}

/**
 * Has this process give up every lock that it has or waits for, so that it can end: each of them takes a thread until it is given back, and Node waits
 * for its threads. Who has a lock sees that it is wanted, and gives it back when nothing is being written; nobody acquires one any more.
 * Settles when no thread is taken, which is never as long as another process does not give a lock back.
 */
export async function giveUpLocks(): Promise<void> {
  const files = [...OPENED.values()];
  for (const file of files) file.isGivenUp = true;
  await Promise.all(files.map(({ last }) => last));
}

interface Shared {
  readonly file: RootDatabase;
  users: number;
  /** Settles when the last transaction that was asked for has ended. */
  last: Promise<void>;
  isGivenUp: boolean;
}

/** Files that this process has open, by path: to open one again would wait for whoever has its lock, which may be this process. */
const OPENED = new Map<string, Shared>();

const ASK_MS = 5;
