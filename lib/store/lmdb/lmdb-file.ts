import { closeSync, constants, fstatSync, ftruncateSync, readSync } from 'node:fs';

import { open, type RootDatabase, type RootDatabaseOptions } from 'lmdb';

import { StoreRefusedError } from '../errors.js';
import { FILE_MODE, openOwn } from './data-files.js';
import { hasCode } from './errors.js';

/**
 * Opens a file of LMDB, and makes it if there is none.
 * @throws StoreRefusedError if LMDB must not open it; an error of LMDB or of the file system
 */
export function openLmdbFile(path: string, options: Options): RootDatabase<unknown, string> {
  refuseUnlessLmdb(path);
  return open<unknown, string>({
    path,
    noSubdir: true,
    encoding: 'binary',
    // LMDB's own order: flush the data, write the commit record, answer. The package's overlapping
    // flush is no faster here, takes a flush more, and trusts the boot id after a crash.
    overlappingSync: false,
    // Peers are no secrets worth zeroing every page for.
    noMemInit: true,
    // The package's own batching of writes leaves a promise that nobody can handle: with it a full
    // disk ends the process. Without, a transaction begins at once or, with a threshold, at the end
    // of the turn; what arrives until it ends goes along.
    eventTurnBatching: false,
    txnStartThreshold: 0,
    permissionsMode: FILE_MODE,
    ...options,
  } as RootDatabaseOptions & { path: string });
}

type Options = Pick<RootDatabaseOptions, 'noMetaSync'> & { readonly txnStartThreshold?: number };

/**
 * LMDB maps a file and follows what it finds there: a file of another kind, or one that is shorter
 * than it says, ends the process with a signal. So that is looked at first.
 * @throws StoreRefusedError if LMDB must not open it; an error of the file system
 */
function refuseUnlessLmdb(path: string): void {
  const lock = openIfThere(`${path}-lock`);
  if (lock !== undefined) closeSync(lock);
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
