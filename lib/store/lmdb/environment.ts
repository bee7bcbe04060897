import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { open, type Database, type RootDatabase } from 'lmdb';

import { StoreError } from '../errors.js';

/**
 * When a write is answered. Either way it survives the end of the process, however sudden.
 * - `flush`: when its data and its commit record are flushed to the disk. It survives a power cut.
 * - `commit`: when its data is flushed; the commit record follows with the next write or when the system flushes its files.
 *   Saves one of two flushes. A power cut may undo the last transactions, but leaves the database whole.
 */
export type Durability = 'flush' | 'commit';

/** In place of the version that a put replaces: only if there is no entry. The package takes null for it; its types do not know. */
export const ABSENT = null as unknown as number;

/** One LMDB environment, a directory, and its databases. */
export interface Environment {
  readonly root: RootDatabase;
  /** Shard key to value, with a version: every shard but for what the journal has. */
  readonly shards: Database<Uint8Array, string>;
  /** The groups of a journal by slot, with their numbers as versions. */
  readonly journal: Database<Uint8Array, number>;
  /** Infohash in hex to nothing; the version is the count. */
  readonly counts: Database<Uint8Array, string>;
  /** What the store needs to know of itself. */
  readonly meta: Database<number, string>;
  /** Whether the data file is still the one that was opened: a file that was deleted can be written to, and lost, for days. */
  isInPlace(): boolean;
}

/**
 * The writes of an event-loop turn go into one transaction, and so do those that arrive until it begins. The package's own event-turn
 * batching does as much, but leaves behind a promise that nobody can handle: with it a full disk ends the process.
 */
const BATCHING = {
  eventTurnBatching: false,
  // More writes than this do not wait for the end of the turn.
  txnStartThreshold: 1000,
};

/** Throws an error of the file system, of LMDB, or a StoreError if the directory holds a data file of another kind. */
export function openEnvironment(directory: string, durability: Durability): Environment {
  const file = join(directory, 'data.mdb');
  refuseForeignFile(file);
  const root = open({
    path: directory,
    noSubdir: false,
    encoding: 'binary',
    // LMDB's own order: flush the data, write the commit record, answer. The package's overlapping flush is
    // no faster here, takes a flush more a batch, and trusts the boot id after a crash.
    overlappingSync: false,
    noMetaSync: durability === 'commit',
    // Peers are no secrets worth zeroing every page for.
    noMemInit: true,
    ...BATCHING,
  });
  const opened = statSync(file);
  return {
    root,
    shards: root.openDB<Uint8Array, string>('shards', { encoding: 'binary', useVersions: true }),
    journal: root.openDB<Uint8Array, number>('journal', {
      encoding: 'binary',
      keyEncoding: 'uint32',
      useVersions: true,
    }),
    counts: root.openDB<Uint8Array, string>('counts', { encoding: 'binary', useVersions: true }),
    meta: root.openDB<number, string>('meta', { encoding: 'json' }),
    isInPlace: () => {
      const now = statSync(file, { throwIfNoEntry: false });
      return now?.ino === opened.ino && now.dev === opened.dev;
    },
  };
}

const META_MAGIC = 0xbeefc0de;
/** The first page begins with a page header; LMDB's magic number follows, in the byte order of the machine. */
const META_MAGIC_OFFSET = 24;

/** LMDB maps the file and follows what it finds there: a file that is not its own ends the process, so it is not opened. */
function refuseForeignFile(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  const head = new Uint32Array(META_MAGIC_OFFSET / 4 + 1);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, head, 0, head.byteLength, 0);
  } finally {
    closeSync(handle);
  }
  if (head.at(-1) !== META_MAGIC) throw new StoreError(`${file} is not an LMDB data file`);
}
