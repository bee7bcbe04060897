import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { StoreRefusedError } from '../errors.js';
import { hasCode } from './errors.js';

/**
 * Opens a file of the store. A link is not followed, as it may lead to somebody else's file, and
 * what others may read or the group may write is taken from them.
 * @throws StoreRefusedError for a link; an error of the file system
 */
export function openOwn(path: string, flags: number): number {
  let fd: number;
  try {
    fd = openSync(path, flags | NO_FOLLOW, FILE_MODE);
  } catch (error) {
    if (hasCode(error, 'ELOOP', 'EMLINK'))
      throw new StoreRefusedError(`${path} is a link: move the file itself there`);
    throw error;
  }
  try {
    const { mode, uid } = fstatSync(fd);
    const isOurs = process.geteuid?.() === uid;
    if (isOurs && (mode & 0o777 & ~FILE_MODE) !== 0) fchmodSync(fd, mode & FILE_MODE);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Makes a directory and those above it that are missing. Node's own recursive way never ends where
 * the system says that a directory which is there is not, as it does below /proc.
 * @throws an error of the file system
 */
export function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, DIRECTORY_MODE);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Identifies a file, also when another one comes to its path; undefined if there is none. */
export function identityOf(file: string | number): string | undefined {
  const stats = typeof file === 'number' ? fstatSync(file) : statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/** Windows does not have it. */
const NO_FOLLOW = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

/** What the owner may do, and the group may read. */
export const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;
