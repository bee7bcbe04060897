import { join } from 'node:path';

import type { Database } from 'lmdb';

import { openLmdbFile } from './lmdb-file.js';

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
  /** Writes into each file. Rejects with an error of LMDB. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** @throws an error of the file system, of LMDB, or StoreRefusedError if a file must not be opened */
export function openEnvironment(directory: string, durability: Durability): Environment {
  const shards = openLmdbFile(join(directory, SHARDS_FILE), AT_THE_END_OF_THE_TURN);
  try {
    const counts = openLmdbFile(join(directory, COUNTS_FILE), { noMetaSync: durability === 'commit' });
    const files = [shards, counts];
    const checks = files.map((file) => file.openDB<number, string>('checks', { encoding: 'json' }));
    return {
      shards: shards.openDB<Buffer, string>('shards', VALUES),
      epochs: shards.openDB<number, string>('leases', { encoding: 'json' }),
      counts: counts.openDB<Buffer, string>('counts', VALUES),
      async check() {
        for (const file of checks) await file.put('check', 1);
      },
      async close() {
        await Promise.all(files.map((file) => file.close()));
      },
    };
  } catch (error) {
    void shards.close();
    throw error;
  }
}

export const SHARDS_FILE = 'shards.mdb';
export const COUNTS_FILE = 'counts.mdb';

const VALUES = { encoding: 'binary', useVersions: true } as const;

/** In the package's words: what is written in one turn of the event loop is one transaction. */
const AT_THE_END_OF_THE_TURN = { txnStartThreshold: 1000 };
