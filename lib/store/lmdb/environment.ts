import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { open, type Database, type RootDatabase } from 'lmdb';

import { StoreError } from '../errors.js';
import { giveToOwnerOfDirectory } from './ownership.js';

/**
 * When a write is answered. Either way it survives the end of the process, however sudden.
 * - `flush`: when the disk has it. It survives a power cut.
 * - `commit`: when the system has it, which is asked to flush it then; for counts, when all but LMDB's commit record is flushed. A power cut may undo
 *   the last writes, but leaves the files whole.
 */
export type Durability = 'flush' | 'commit';

/** In place of the version that a put replaces: only if there is no entry. The package takes null for it; its types do not know. */
export const ABSENT = null as unknown as number;

/**
 * Two LMDB files in a directory, and their databases. LMDB has one writer a file, and shards are put into their places by the thousand: counts, which
 * somebody waits for, are in the other file.
 */
export interface Environment {
  /** Shard key to value, with a version: every shard but for what the journal has. Flushed whatever the durability: the journal forgets what is here. */
  readonly shards: Database<Uint8Array, string>;
  /** Turns in putting shards into their places, see Placer. In the file of the shards, so that a turn is taken together with what it puts there. */
  readonly turns: Database<Uint8Array, string>;
  /** Counts of leases, see VersionNumbers. In the file of the shards, so that a power cut never takes a lease from which a shard has its version. */
  readonly leases: Database<number, string>;
  /** Infohash in hex to nothing; the version is the count. */
  readonly counts: Database<Uint8Array, string>;
  /** What is written to see whether the files can be written to. */
  readonly checks: readonly Database<number, string>[];
  /** Whether the files are still those that were opened: a file that was deleted can be written to, and lost, for days. */
  isInPlace(): boolean;
  close(): Promise<void>;
}

const SHARDS_FILE = 'shards.mdb';
const COUNTS_FILE = 'counts.mdb';

/** Throws an error of the file system, of LMDB, or a StoreError if the directory holds a data file of another kind. */
export function openEnvironment(directory: string, durability: Durability): Environment {
  const paths = [join(directory, SHARDS_FILE), join(directory, COUNTS_FILE)] as const;
  for (const path of paths) refuseForeignFile(path);
  const shards = openFile(paths[0], 'flush', AT_THE_END_OF_THE_TURN);
  const counts = openFile(paths[1], durability, AT_ONCE);
  const opened = paths.map((path) => statSync(path));
  const checks = [shards, counts].map((file) => file.openDB<number, string>('checks', { encoding: 'json' }));
  return {
    shards: shards.openDB<Uint8Array, string>('shards', { encoding: 'binary', useVersions: true }),
    turns: shards.openDB<Uint8Array, string>('turns', { encoding: 'binary', useVersions: true }),
    leases: shards.openDB<number, string>('leases', { encoding: 'json' }),
    counts: counts.openDB<Uint8Array, string>('counts', { encoding: 'binary', useVersions: true }),
    checks,
    isInPlace: () =>
      paths.every((path, i) => {
        const now = statSync(path, { throwIfNoEntry: false });
        return now?.ino === opened[i]?.ino && now?.dev === opened[i]?.dev;
      }),
    close: async () => {
      await Promise.all([shards.close(), counts.close()]);
    },
  };
}

/**
 * The package's own batching of writes leaves behind a promise that nobody can handle: with it a full disk ends the process. Without, a transaction
 * begins at the end of the turn or, with a threshold of 0, at once; what arrives until it ends goes along.
 */
const AT_THE_END_OF_THE_TURN = { eventTurnBatching: false, txnStartThreshold: 1000 };
const AT_ONCE = { eventTurnBatching: false, txnStartThreshold: 0 };

/** Opens an LMDB file, and makes it if there is none. @throws an error of LMDB */
export function openFile(path: string, durability: Durability, batching = AT_ONCE): RootDatabase {
  const file = open({
    path,
    noSubdir: true,
    encoding: 'binary',
    // LMDB's own order: flush the data, write the commit record, answer. The package's overlapping flush is
    // no faster here, takes a flush more a batch, and trusts the boot id after a crash.
    overlappingSync: false,
    noMetaSync: durability === 'commit',
    // Peers are no secrets worth zeroing every page for.
    noMemInit: true,
    ...batching,
  });
  for (const made of [path, `${path}-lock`]) giveToOwnerOfDirectory(made);
  return file;
}

const META_MAGIC = 0xbeefc0de;
/** The first page begins with a page header; LMDB's magic number follows, in the byte order of the machine. */
const META_MAGIC_OFFSET = 24;

/**
 * LMDB maps the file and follows what it finds there: a file that is not its own ends the process, so it is not opened.
 * @returns false if there is none, or an empty one
 * @throws StoreError if it is not one of LMDB's
 */
export function refuseForeignFile(file: string): boolean {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return false;
  const head = new Uint32Array(META_MAGIC_OFFSET / 4 + 1);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head, 0, head.byteLength, 0);
  } finally {
    closeSync(handle);
  }
  if (head.at(-1) !== META_MAGIC) throw new StoreError(`${file} is not an LMDB data file`);
  return true;
}
