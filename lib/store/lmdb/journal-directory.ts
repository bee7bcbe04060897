import { closeSync, openSync, readdirSync, statSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { NotFlushedError } from './errors.js';
import { giveToOwnerOfDirectory } from './ownership.js';

/** Ordinals of the files of a directory's journal, ascending. */
export function ordinalsIn(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => (FILE_NAME.test(name) ? [Number(name.slice(FILE_PREFIX.length))] : []))
    .sort((a, b) => a - b);
}

export function pathOf(directory: string, ordinal: number): string {
  return join(directory, `${FILE_PREFIX}${ordinal}`);
}

export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Flushes a file, or a directory: a file that was made is there after a power cut if its directory was flushed.
 * @throws NotFlushedError, or an error of the file system if it did not come to the flush
 */
export async function flush(path: string): Promise<void> {
  // Windows has no such thing as to flush a directory.
  if (process.platform === 'win32' && statSync(path).isDirectory()) return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    throw new NotFlushedError(error);
  } finally {
    await handle.close();
  }
}

/** Makes a file, if there is none. @throws an error of the file system */
export function makeEmptyFile(path: string): void {
  closeSync(openSync(path, 'a'));
  giveToOwnerOfDirectory(path);
}

/** Makes a file of so many zeros, whole or not at all: what was made of it takes no room if the disk has none for the rest. Only who has the lock may do this. */
export async function makeFile(directory: string, ordinal: number, size: number): Promise<void> {
  const path = join(directory, 'journal.new');
  try {
    const handle = await open(path, 'w');
    try {
      await handle.writeFile(Buffer.alloc(size));
      await handle.sync();
    } finally {
      await handle.close();
    }
    giveToOwnerOfDirectory(path);
    await rename(path, pathOf(directory, ordinal));
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  }
  await flush(directory);
}

const FILE_PREFIX = 'journal.';
const FILE_NAME = /^journal\.[1-9]\d*$/;
