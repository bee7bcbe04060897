import { join } from 'node:path';

import type { RootDatabase } from 'lmdb';

import { StoreRefusedError } from '../errors.js';
import { identityOf } from './data-files.js';
import { openLmdbFile } from './lmdb-file.js';

/**
 * Takes the right to use a directory, which one process has at a time.
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
 *
 * @returns gives it back
 * @throws StoreRefusedError if another process has it; an error of LMDB or of the file system
 */
export function lockDirectory(directory: string, now: Date): () => Promise<void> {
  const path = join(directory, LOCK_FILE);
  // Within a process the system's lock keeps nobody out, and to close the file gives it up.
  if (HELD.has(identityOf(path))) throw inUse(process.pid, 'is this one');
  const file = openLmdbFile(path, { noMetaSync: true });
  try {
    const reader = enter(file, now);
    const identity = identityOf(path);
    HELD.set(identity, reader);
    return async () => {
      await file.close();
      HELD.delete(identity);
    };
  } catch (error) {
    void file.close();
    throw error;
  }
}

/** Becomes the owner. @returns what this process is noted by */
function enter(file: RootDatabase<unknown, string>, now: Date): unknown {
  let reader: unknown;
  try {
    reader = file.useReadTransaction();
  } catch (cause) {
    // The package tries for ten seconds, and fails if a process with the same id has that byte.
    throw inUse(process.pid, 'runs in another container', { cause });
  }
  file.transactionSync(() => {
    const [pid = '', since = ''] = file.getBinary(OWNER)?.toString().split(' ') ?? [];
    if (pid !== String(process.pid) && readersOf(file).includes(pid)) {
      throw inUse(pid, `has had it since ${since}`);
    }
    void file.put(OWNER, Buffer.from(`${process.pid} ${now.toISOString()}`));
  });
  return reader;
}

/** Ids of the processes that have a file open and run. */
function readersOf(file: RootDatabase<unknown, string>): string[] {
  file.readerCheck();
  return (file.readerList().match(/^ *\d+(?= )/gm) ?? []).map((pid) => pid.trim());
}

function inUse(pid: string | number, what: string, options?: ErrorOptions): StoreRefusedError {
  return new StoreRefusedError(
    `in use: process ${pid} ${what}; one process may use a directory at a time`,
    options,
  );
}

export const LOCK_FILE = 'lock';
const OWNER = 'owner';

/**
 * Lock files that this process has, with what it is noted by in them: LMDB takes the note away once
 * nobody has that any more.
 */
const HELD = new Map<string | undefined, unknown>();
