import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
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

/**
 * LMDB maps a file and follows what it finds there: a file of another kind, or one that is shorter
 * than it says, ends the process with a signal. So that is looked at first.
 * @throws StoreRefusedError if LMDB must not open it; an error of the file system
 */
export function refuseUnlessLmdb(path: string): void {
  tightenIfThere(`${path}-lock`);
  const fd = openIfThere(path);
  if (fd === undefined) return;
  try {
    const { size } = fstatSync(fd);
    if (size === 0) return;
    const first = readMeta(fd, 0);
    if (first === undefined) throw new StoreRefusedError(`${path} is not an LMDB data file; ${REMEDY}`);
    const second = readMeta(fd, first.pageSize);
    if (second === undefined) throw new StoreRefusedError(`${path} is damaged: it is cut off; ${REMEDY}`);
    const { lastPage } = first.transaction > second.transaction ? first : second;
    const expected = (lastPage + 1) * first.pageSize;
    const unwritten = Math.min(MAX_UNWRITTEN_PAGES, lastPage >> 3) * first.pageSize;
    if (size < expected - unwritten) {
      throw new StoreRefusedError(`${path} is damaged: ${size} bytes of ${expected} are left; ${REMEDY}`);
    }
    if (size < expected) ftruncateSync(fd, expected);
  } finally {
    closeSync(fd);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

/** One of the two pages that a file of LMDB begins with; undefined if it is none. */
function readMeta(fd: number, at: number): Meta | undefined {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(fd, page, 0, META_BYTES, at) < META_BYTES) return undefined;
  // In the byte order of the machine, which is this one on all that Node runs on but a few.
  if (page.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined;
  return {
    pageSize: page.readUInt32LE(PAGE_SIZE_AT),
    lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: Number(page.readBigUInt64LE(TRANSACTION_AT)),
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openOwn(path, constants.O_RDWR);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function tightenIfThere(path: string): void {
  const fd = openIfThere(path);
  if (fd !== undefined) closeSync(fd);
}

/** Windows does not have it. */
const NO_FOLLOW = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

/** What the owner may do, and the group may read. */
export const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

const REMEDY = 'restore the directory from a copy, or move it away to begin anew';

/** After the head of the page. */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;
/**
 * A transaction may leave pages at the end of the file unwritten that it does not need any more.
 */
const MAX_UNWRITTEN_PAGES = 64;
