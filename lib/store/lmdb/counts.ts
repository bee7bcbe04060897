import { crc32 } from 'node:zlib';

import type { Database } from 'lmdb';

import type { Log } from '../../log.js';

/**
 * Download counts. The version of an entry in LMDB is the count; its value is a checksum of key and
 * count, or nothing if the count was written before there were checksums.
 *
 * A count that is damaged counts as 0, with an error in the log; the next increment replaces it.
 */
export class Counts {
  readonly #entries: Database<Buffer, string>;
  readonly #log: Log;
  /** Counts that are being written. */
  readonly #underWay = new Map<string, number>();
  /** Keys of damaged counts that are in the log: each comes with every scrape. */
  readonly #reported = new Set<string>();

  constructor(entries: Database<Buffer, string>, log: Log) {
    this.#entries = entries;
    this.#log = log;
  }

  /** @throws an error of LMDB */
  get(key: string): number {
    const entry = this.#entry(key);
    if (entry === undefined) return 0;
    const { value, version: count = -1 } = entry;
    const isWhole = value.length === 0 || value.equals(checksumOf(key, count));
    if (isWhole && Number.isSafeInteger(count) && count >= 0) return count;
    this.#report(key);
    return 0;
  }

  /** Settles when it is written. Rejects with an error of LMDB: it may be added by a later call. */
  async add(key: string, by: number): Promise<void> {
    const count = (this.#underWay.get(key) ?? this.get(key)) + by;
    this.#underWay.set(key, count);
    try {
      await this.#entries.put(key, checksumOf(key, count), count);
    } finally {
      this.#entries.resetReadTxn();
      // Others may have been added to it meanwhile.
      if (this.#underWay.get(key) === count) this.#underWay.delete(key);
    }
  }

  /**
   * Settles when it is gone, damaged or not. What is added meanwhile is added to 0. Rejects with an
   * error of LMDB.
   */
  async remove(key: string): Promise<void> {
    this.#underWay.set(key, 0);
    try {
      await this.#entries.remove(key);
      this.#reported.delete(key);
    } finally {
      this.#entries.resetReadTxn();
      if (this.#underWay.get(key) === 0) this.#underWay.delete(key);
    }
  }

  #entry(key: string): ReturnType<Database<Buffer, string>['getEntry']> {
    try {
      return this.#entries.getEntry(key);
    } catch (error) {
      if (!DAMAGE.has((error as { code?: unknown }).code)) throw error;
      this.#report(key);
      return undefined;
    }
  }

  #report(key: string): void {
    if (this.#reported.has(key) || this.#reported.size === MAX_REPORTED) return;
    this.#reported.add(key);
    this.#log.error('count damaged', { key });
  }
}

function checksumOf(key: string, count: number): Buffer {
  const checksum = Buffer.allocUnsafe(4);
  checksum.writeUInt32LE(crc32(`${key} ${count}`));
  return checksum;
}

/** What LMDB says of pages that it cannot read: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_BAD_TXN. */
const DAMAGE: ReadonlySet<unknown> = new Set([-30797, -30796, -30782]);

const MAX_REPORTED = 1000;
