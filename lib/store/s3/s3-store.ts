import { SignedClient } from '../aws/signed-client.js';
import type { Send } from '../aws/request.js';
import { StoreError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';
import { bucketUrl, type BucketUrl } from './bucket-url.js';
import { Counts } from './counts.js';
import { listKeys, type Listed } from './listing.js';
import { Objects, type ObjectState } from './objects.js';
import type { S3StoreOptions } from './options.js';

/** A key that no shard has: shards are named by infohashes. */
const absentKey = '~check';
/** Behind every infohash, so that no listing of shards comes across a count. */
export const countsFolder = '~counts/';

/**
 * Shards and counts in a bucket of S3, or of a server that speaks its API: an object a shard at
 * `<prefix><key>`, an object a count at `<prefix>~counts/<infohash>`. Nothing is connected before
 * the first call.
 *
 * A put is a conditional PUT and the version an ETag, so of writers that know the same state one
 * wins, and the others are shown what it wrote. An answered put is as durable as the server makes
 * its answers.
 */
export function openS3Store(options: S3StoreOptions): Store {
  return new S3Store(options);
}

class S3Store implements Store {
  private readonly url: BucketUrl;
  private readonly client: SignedClient;
  private readonly counts: Counts;

  constructor(private readonly options: S3StoreOptions) {
    this.url = bucketUrl(options);
    this.client = new SignedClient('s3', { ...options, endpoint: this.url.endpoint });
    this.counts = new Counts((work) => this.call(countsFolder, work), options.random);
  }

  fetch(key: string): Promise<Held> {
    return this.call('', async (objects) => heldOf(await objects.read(key)));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    return this.call('', async (objects) => {
      const { stored, held } = await objects.write(
        key,
        value,
        version === undefined ? undefined : etagOf(version),
      );
      return { stored, ...heldOf(held) };
    });
  }

  remove(key: string, version: Version): Promise<void> {
    return this.call('', async (objects) => {
      await this.withdraw(objects, key, etagOf(version));
    });
  }

  increment(key: string, by: number): Promise<void> {
    return this.counts.increment(key, by);
  }

  count(key: string): Promise<number> {
    return this.counts.count(key);
  }

  async removeCount(key: string): Promise<void> {
    await this.call(countsFolder, async (objects) => {
      for (let held = await objects.read(key); held.etag !== undefined && held.value !== undefined;) {
        await this.withdraw(objects, key, held.etag);
        held = await objects.read(key);
      }
    });
  }

  /** Also deletes the old tombstones that it passes, where that is safe. */
  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    if (range.from >= range.to) return Promise.resolve({ keys: [] });
    const { prefix, keysTimeoutMs } = this.options;
    return this.client.call(keysTimeoutMs, async (send) => {
      const { page, tombstones } = await listKeys(send, this.url.path, prefix, range, cursor, limit);
      if (this.options.removal === 'delete') await this.deleteOld(send, tombstones);
      return page;
    });
  }

  /** Reads as an announce does. */
  async check(): Promise<void> {
    await this.fetch(absentKey);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private call<T>(folder: string, work: (objects: Objects) => Promise<T>): Promise<T> {
    return this.client.call(this.options.callTimeoutMs, (send) => work(this.objects(send, folder)));
  }

  private withdraw(objects: Objects, key: string, etag: string): Promise<void> {
    return this.options.removal === 'delete' ? objects.delete(key, etag) : objects.bury(key, etag);
  }

  private async deleteOld(send: Send, tombstones: readonly Listed[]): Promise<void> {
    const newest = this.options.clock.now() - this.options.tombstoneLifetimeMs;
    const objects = this.objects(send, '');
    for (const { key, etag, modified } of tombstones) {
      if (modified < newest) await objects.delete(key, etag);
    }
  }

  private objects(send: Send, folder: string): Objects {
    const base = this.url.base + this.options.prefix + folder;
    return new Objects(send, (key) => base + key, this.options.random);
  }
}

function heldOf({ etag, value }: ObjectState): Held {
  // A tombstone's ETag is no version: to everybody there is nothing.
  return value === undefined ? { values: [], version: undefined } : { values: [value], version: etag };
}

function etagOf(version: Version): string {
  if (typeof version !== 'string') throw new StoreError('a version that is not from this store');
  return version;
}
