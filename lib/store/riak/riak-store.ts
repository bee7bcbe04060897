import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';
import type { RiakStoreOptions } from './options.js';
import type { RiakCluster } from './riak-cluster.js';

/** A key that no shard has: shards are named by infohashes. */
const absentKey = 'check';

/**
 * Shards and counts in Riak KV. Nothing is connected before the first call; nodes may be down then and later, one that is up is enough.
 *
 * Riak keeps concurrent values as siblings, so a put is always stored. An answered put is on the disk of one replica, the others
 * follow; a fetch asks the first replica that answers, which for a moment may not have it: the put that follows then makes a sibling,
 * and nothing is lost. An increment is sent once: if its answer is lost, it has counted or not, and the call fails.
 */
export function openRiakStore(options: RiakStoreOptions): Store {
  return new RiakStore(options);
}

class RiakStore implements Store {
  private cluster: Promise<RiakCluster> | undefined;
  private closed = false;

  constructor(private readonly options: RiakStoreOptions) {}

  async fetch(key: string): Promise<Held> {
    const { caller, swarms } = await this.opened();
    return caller.call(swarms.get(key), this.options.callTimeoutMs);
  }

  async put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    const { caller, swarms } = await this.opened();
    const command = swarms.put(key, value, version === undefined ? undefined : vclockOf(version));
    return { stored: true, ...(await caller.call(command, this.options.callTimeoutMs)) };
  }

  async remove(key: string, version: Version): Promise<void> {
    const { caller, swarms } = await this.opened();
    return caller.call(swarms.remove(key, vclockOf(version)), this.options.callTimeoutMs);
  }

  async increment(key: string, by: number): Promise<void> {
    const { caller, counts } = await this.opened();
    return caller.call(counts.increment(key, by), this.options.callTimeoutMs);
  }

  async count(key: string): Promise<number> {
    const { caller, counts } = await this.opened();
    return caller.call(counts.count(key), this.options.callTimeoutMs);
  }

  /** Without a vclock Riak removes what is there. */
  async removeCount(key: string): Promise<void> {
    const { caller, counts } = await this.opened();
    return caller.call(counts.remove(key, undefined), this.options.callTimeoutMs);
  }

  /** The cursor is Riak's continuation: it names the last key of the page, so it outlives processes and connections. */
  async keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    if (range.from >= range.to) return { keys: [] };
    const { caller, listing } = await this.opened();
    const page = await caller.call(listing.keys(range, cursor, limit), this.options.keysTimeoutMs);
    // Riak's range includes its end, ours does not; a page that reached the end is the last.
    const keys = page.keys.filter((key) => key < range.to);
    const last = page.continuation === undefined || keys.length < page.keys.length;
    return last ? { keys } : { keys, cursor: page.continuation };
  }

  /** Reads as an announce does: a node that answers but has no such bucket type, or too few others, does not count as well. */
  async check(): Promise<void> {
    await this.fetch(absentKey);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.cluster === undefined) return;
    const { caller } = await this.cluster;
    await caller.close();
  }

  private opened(): Promise<RiakCluster> {
    if (this.closed) return Promise.reject(new StoreUnavailableError('the store is closed'));
    // Part of an action's bundle, not a file beside it.
    this.cluster ??= import(/* webpackMode: "eager" */ './riak-cluster.js').then(({ openRiakCluster }) =>
      openRiakCluster(this.options),
    );
    return this.cluster;
  }
}

function vclockOf(version: Version): Buffer {
  if (!Buffer.isBuffer(version)) throw new StoreError('a version that is not from this store');
  return version;
}
