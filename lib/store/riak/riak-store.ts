import { StoreError, StoreUnavailableError } from '../errors.js';
import type { Consistency, Held, KeyPage, KeyRange, PutResult, Store, Version } from '../store.js';
import type { RiakStoreOptions } from './options.js';
import type { RiakCluster } from './riak-cluster.js';

/** A key that no shard has: shards are named by infohashes. */
const absentKey = 'check';

/**
 * Shards and counts in Riak KV. Nothing is connected before the first call; nodes may be down then
 * and later, one that is up is enough.
 *
 * Riak keeps concurrent values as siblings, so a put is always stored. An answered put is on the
 * disk of one replica, the others follow. An eventual fetch takes the first replica that has
 * anything, which for a moment may not have the last puts; a strong one waits for all. Where a
 * replica is silent for too long the first answer of any other stands. What a fetch did not see,
 * the put that follows makes a sibling of: nothing is lost. An increment is sent once, and again
 * only if Riak did not begin with it: if its answer is lost, it has counted or not, and the call
 * fails.
 */
export function openRiakStore(options: RiakStoreOptions): Store {
  return new RiakStore(options);
}

class RiakStore implements Store {
  private cluster: Promise<RiakCluster> | undefined;
  private ready: RiakCluster | undefined;
  private closed = false;

  constructor(private readonly options: RiakStoreOptions) {}

  fetch(key: string, consistency: Consistency = 'eventual'): Promise<Held> {
    const { callTimeoutMs } = this.options;
    return this.with(({ caller, swarms }) => caller.call(swarms.get(key, consistency), callTimeoutMs));
  }

  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult> {
    const { callTimeoutMs } = this.options;
    if (version !== undefined && !Buffer.isBuffer(version)) return Promise.reject(strangeVersion());
    return this.with(({ caller, swarms }) =>
      caller.call(swarms.put(key, value, version), callTimeoutMs),
    ).then(({ values, version: held }) => ({ stored: true, values, version: held }));
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

  /**
   * The cursor is Riak's continuation: it names the last key of the page, so it outlives processes
   * and connections.
   */
  async keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage> {
    if (range.from >= range.to) return { keys: [] };
    const { caller, listing } = await this.opened();
    const page = await caller.call(listing.keys(range, cursor, limit), this.options.keysTimeoutMs);
    // Riak's range includes its end, ours does not; a page that reached the end is the last.
    const keys = page.keys.filter((key) => key < range.to);
    const last = page.continuation === undefined || keys.length < page.keys.length;
    return last ? { keys } : { keys, cursor: page.continuation };
  }

  /**
   * Reads as an announce does: a node that answers but has no such bucket type, or too few others,
   * does not count as well.
   */
  async check(): Promise<void> {
    await this.fetch(absentKey);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.cluster === undefined) return;
    const { caller } = await this.cluster;
    await caller.close();
  }

  /** Without a promise more than need be: this is on the way of every announce. */
  private with<T>(use: (cluster: RiakCluster) => Promise<T>): Promise<T> {
    if (this.ready === undefined || this.closed) return this.opened().then(use);
    return use(this.ready);
  }

  private opened(): Promise<RiakCluster> {
    if (this.closed) return Promise.reject(new StoreUnavailableError('the store is closed'));
    // Part of an action's bundle, not a file beside it.
    this.cluster ??= import(/* webpackMode: "eager" */ './riak-cluster.js').then(
      ({ openRiakCluster }) => (this.ready = openRiakCluster(this.options)),
    );
    return this.cluster;
  }
}

function vclockOf(version: Version): Buffer {
  if (!Buffer.isBuffer(version)) throw strangeVersion();
  return version;
}

function strangeVersion(): StoreError {
  return new StoreError('a version that is not from this store');
}
