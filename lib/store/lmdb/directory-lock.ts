import { join } from 'node:path';

import { StoreRefusedError } from '../errors.js';
import { identityOf } from './data-files.js';
import { LmdbFile } from './lmdb-file.js';

/**
 * The right to use a directory, which one process has at a time.
 *
 * The lock is an LMDB file in which each process that comes is noted as a reader. LMDB keeps a lock
 * of the system for that, on the byte of its process id, until the process ends, however it ends.
 * The file names the owner; a transaction decides who that is.
 *
 * Invariants:
 * - A process is noted as a reader before it looks who the owner is. So of two that start in the
 *   same instant the second one to have the transaction finds the first one alive.
 * - An owner that is not among the readers has ended. One with the id of this process has ended
 *   too: if it ran, in another container, this process could not have been noted.
 */
export class DirectoryLock {
  readonly #file: LmdbFile;
  readonly #identity: string | undefined;
  /** What this process is noted by: LMDB takes the note away once nobody has this any more. */
  #reader: unknown;

  /** @throws StoreRefusedError if another process has it; an error of LMDB or of the file system */
  constructor(directory: string, now: Date) {
    const path = join(directory, 'lock');
    // Within a process the system's lock keeps nobody out, and to close the file gives it up.
    if (HELD.has(identityOf(path))) throw inUse(process.pid, 'is this one');
    this.#file = new LmdbFile(path, { noMetaSync: true });
    try {
      this.#enter(now);
      this.#identity = identityOf(path);
      HELD.add(this.#identity);
    } catch (error) {
      void this.#file.close();
      throw error;
    }
  }

  /**
   * Whether the file is still the one at its path: else another process may have a lock of its own.
   */
  isInPlace(): boolean {
    return this.#reader !== undefined && this.#file.isInPlace();
  }

  async close(): Promise<void> {
    this.#reader = undefined;
    await this.#file.close();
    HELD.delete(this.#identity);
  }

  #enter(now: Date): void {
    const { root } = this.#file;
    try {
      this.#reader = root.useReadTransaction();
    } catch (cause) {
      // The package tries for ten seconds, and fails if a process with the same id has that byte.
      throw inUse(process.pid, 'runs in another container', { cause });
    }
    root.transactionSync(() => {
      const [pid = '', since = ''] = root.getBinary(OWNER)?.toString().split(' ') ?? [];
      if (this.#file.otherReaders().includes(pid)) throw inUse(pid, `has had it since ${since}`);
      void root.put(OWNER, Buffer.from(`${process.pid} ${now.toISOString()}`));
    });
  }
}

/** Says which process has a directory. */
export function inUse(pid: string | number, what: string, options?: ErrorOptions): StoreRefusedError {
  return new StoreRefusedError(
    `in use: process ${pid} ${what}; one process may use a directory at a time`,
    options,
  );
}

const OWNER = 'owner';

/** Lock files that this process has. */
const HELD = new Set<string | undefined>();
