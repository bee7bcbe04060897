import type { Clock } from '../../environment.js';
import type { Held, Store } from '../../store/store.js';
import { ListError } from '../lists/list-index.js';
import {
  announcesKey,
  encodeRecord,
  hashOfRecordKey,
  newestRecord,
  RECORD_KEYS,
  recordKey,
  useKey,
  type KeyRecord,
} from './key-record.js';
import { decodeUse, encodeUse, folded, joinUse, NO_USE, type KeyUse } from './key-use.js';
import type { PendingUse } from './pending-use.js';

/** What keys are kept with. */
export type KeyObjects = Pick<
  Store,
  'fetch' | 'put' | 'remove' | 'keys' | 'increment' | 'count' | 'removeCount'
>;

/** A key as an operator sees it. */
export interface StoredKey {
  readonly keyHash: string;
  readonly record: KeyRecord;
  readonly use: KeyUse;
  readonly announces: number;
}

/** The keys of members in a store. Any number of processes may read, change and use them at once. */
export class KeyStore {
  constructor(
    private readonly store: KeyObjects,
    private readonly clock: Clock,
  ) {}

  /** One read. @throws StoreError, ListError */
  async find(keyHash: string): Promise<KeyRecord | undefined> {
    const { values } = await this.store.fetch(recordKey(keyHash), 'strong');
    return newestRecord(values);
  }

  /**
   * Adds a key.
   * @returns false if it was there already: it stays as it was
   * @throws StoreError, ListError
   */
  async add(keyHash: string, record: KeyRecord): Promise<boolean> {
    const held = await this.store.fetch(recordKey(keyHash), 'strong');
    if (newestRecord(held.values) !== undefined) return false;
    const put = await this.store.put(recordKey(keyHash), encodeRecord(record), held.version);
    return put.stored;
  }

  /**
   * Removes a key and what it was used for.
   * @returns false if there is none
   * @throws StoreError
   */
  async revoke(keyHash: string): Promise<boolean> {
    const { version } = await this.store.fetch(recordKey(keyHash), 'strong');
    if (version !== undefined) await this.store.remove(recordKey(keyHash), version);
    const use = await this.store.fetch(useKey(keyHash), 'strong');
    if (use.version !== undefined) await this.store.remove(useKey(keyHash), use.version);
    await this.store.removeCount?.(announcesKey(keyHash));
    return version !== undefined;
  }

  /**
   * The hashes of keys that an operator names by id.
   * @param id the first digits of a hash
   */
  async named(id: string): Promise<string[]> {
    const from = recordKey(id);
    const { keys } = await this.store.keys({ from, to: `${from}~` }, undefined, 2);
    const hashes = keys.map(hashOfRecordKey);
    if (hashes.length > 1) throw new ListError(`several keys are named ${id}: give more of the name`);
    return hashes;
  }

  /** Every key, in the order of their hashes. @throws StoreError, ListError */
  async *list(): AsyncGenerator<StoredKey> {
    let cursor: string | undefined;
    do {
      const page = await this.store.keys(RECORD_KEYS, cursor, PAGE);
      for (const key of page.keys) {
        const keyHash = hashOfRecordKey(key);
        const record = await this.find(keyHash);
        // A key that was removed may be listed for some time.
        if (record === undefined) continue;
        const use = await this.use(keyHash);
        yield { keyHash, record, use, announces: await this.store.count(announcesKey(keyHash)) };
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** What a key was used for, as it is stored. @throws StoreError, ListError */
  async use(keyHash: string): Promise<KeyUse> {
    return useOf(await this.store.fetch(useKey(keyHash), 'strong'));
  }

  /**
   * Writes what a key was used for, but for the number of its announces: two operations.
   * @returns what is stored then
   * @throws StoreError: it was not written, or nobody knows; ListError
   */
  async addUse(keyHash: string, pending: PendingUse): Promise<KeyUse> {
    let held = await this.store.fetch(useKey(keyHash), 'strong');
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const use = folded(pending.applied(useOf(held)), this.clock.now());
      const put = await this.store.put(useKey(keyHash), encodeUse(use), held.version);
      // What was written beside others is joined by whoever reads them.
      if (put.stored) return use;
      held = put;
    }
    throw new ListError('others write the use of a key all the time');
  }

  /** Adds to the number of a key's announces. @throws StoreError: they were added or not */
  addAnnounces(keyHash: string, announces: number): Promise<void> {
    return this.store.increment(announcesKey(keyHash), announces);
  }
}

function useOf({ values }: Held): KeyUse {
  return values.map(decodeUse).reduce(joinUse, NO_USE);
}

const PAGE = 256;
const MAX_ATTEMPTS = 30;
