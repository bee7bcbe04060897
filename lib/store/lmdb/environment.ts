import { join } from 'node:path';

import type { Database } from 'lmdb';

import { inUse } from './directory-lock.js';
import { toStoreError } from './errors.js';
import { LmdbFile } from './lmdb-file.js';

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
  /** Writes into each file. Rejects with a StoreError. */
  check(): Promise<void>;
  isInPlace(): boolean;
  close(): Promise<void>;
}

/** @throws an error of the file system, of LMDB, or StoreRefusedError if a file must not be opened */
export function openEnvironment(directory: string, durability: Durability): Environment {
  const files: LmdbFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    const shards = new LmdbFile(join(directory, 'shards.mdb'), AT_THE_END_OF_THE_TURN);
    files.push(shards);
    // Version 0.1 did not have the lock of the directory, but read the shards.
    const [reader] = shards.otherReaders();
    if (reader !== undefined) throw inUse(reader, 'reads it');
    const counts = new LmdbFile(join(directory, 'counts.mdb'), { noMetaSync: durability === 'commit' });
    files.push(counts);
    const checks = files.map(({ root }) => root.openDB<number, string>('checks', { encoding: 'json' }));
    return {
      shards: shards.root.openDB<Buffer, string>('shards', VALUES),
      epochs: shards.root.openDB<number, string>('leases', { encoding: 'json' }),
      counts: counts.root.openDB<Buffer, string>('counts', VALUES),
      check: () => write(checks),
      isInPlace: () => files.every((file) => file.isInPlace()),
      close,
    };
  } catch (error) {
    void close();
    throw error;
  }
}

async function write(checks: readonly Database<number, string>[]): Promise<void> {
  const attempts = checks.map((file) =>
    // Each by itself, as both may fail: see toStoreError.
    file.put('check', 1).catch(async (error: unknown) => {
      throw await toStoreError('the LMDB store does not write', error);
    }),
  );
  await Promise.allSettled(attempts);
  await Promise.all(attempts);
}

const VALUES = { encoding: 'binary', useVersions: true } as const;

/** In the package's words: what is written in one turn of the event loop is one transaction. */
const AT_THE_END_OF_THE_TURN = { txnStartThreshold: 1000 };
