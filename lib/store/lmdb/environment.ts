import { join } from 'node:path';

import type { Database, RootDatabase } from 'lmdb';

import { identityOf, refuseUnlessLmdb } from './data-files.js';
import { openFile, otherReaders } from './lmdb-file.js';
import { StoreRefusedError } from '../errors.js';

/**
 * When a write is answered. Either way it survives the end of the process, however sudden.
 * - `flush`: when the disk has it. It survives a power cut.
 * - `commit`: when the system has it, which is then asked to flush it; for counts, when all but
 *   LMDB's commit record is flushed. A power cut may undo the last writes, but leaves files whole.
 */
export type Durability = 'flush' | 'commit';

/**
 * Two LMDB files in a directory. LMDB has one writer a file, and shards are written by the
 * thousand: counts, which somebody waits for, are in the other file.
 */
export interface Environment {
  /**
   * Shard key to value, with a version: every shard at its position, but for what only the log has.
   * Flushed whatever the durability: the log forgets what is here.
   */
  readonly shards: Database<Buffer, string>;
  /** See Epochs. In the file of the shards, so that no shard is there without its epoch. */
  readonly epochs: Database<number, string>;
  /** Infohash in hex to a checksum; the version is the count. */
  readonly counts: Database<Buffer, string>;
  /** What is written to see whether the files can be written to. */
  readonly checks: readonly Database<number, string>[];
  /** Whether the files are still those that were opened: one that was deleted can be written to. */
  isInPlace(): boolean;
  close(): Promise<void>;
}

/** @throws an error of the file system, of LMDB, or StoreRefusedError if a file must not be opened */
export function openEnvironment(directory: string, durability: Durability): Environment {
  const paths = ['shards.mdb', 'counts.mdb'].map((name) => join(directory, name));
  paths.forEach(refuseUnlessLmdb);
  const [shards, counts] = [
    openFile(join(directory, 'shards.mdb'), AT_THE_END_OF_THE_TURN),
    openFile(join(directory, 'counts.mdb'), { noMetaSync: durability === 'commit' }),
  ];
  const opened = paths.map(identityOf);
  const close = async (): Promise<void> => {
    await Promise.all([shards.close(), counts.close()]);
  };
  try {
    refuseOlderProcess(shards);
    const checks = [shards, counts].map((file) =>
      file.openDB<number, string>('checks', { encoding: 'json' }),
    );
    return {
      shards: shards.openDB<Buffer, string>('shards', { encoding: 'binary', useVersions: true }),
      epochs: shards.openDB<number, string>('leases', { encoding: 'json' }),
      counts: counts.openDB<Buffer, string>('counts', { encoding: 'binary', useVersions: true }),
      checks,
      isInPlace: () => paths.every((path, i) => identityOf(path) === opened[i]),
      close,
    };
  } catch (error) {
    void close();
    throw error;
  }
}

/** Version 0.1 did not have the lock of the directory, but read the shards. */
function refuseOlderProcess(shards: RootDatabase): void {
  const [pid] = otherReaders(shards);
  if (pid === undefined) return;
  throw new StoreRefusedError(`in use: process ${pid} reads it; one process may use a directory at a time`);
}

/**
 * The package's own batching of writes leaves a promise that nobody can handle: with it a full disk
 * ends the process. Without, a transaction begins at the end of the turn or, with a threshold of 0,
 * at once; what arrives until it ends goes along.
 */
const AT_THE_END_OF_THE_TURN = { txnStartThreshold: 1000 };
