import type { Log } from '../../log.js';
import type { Store } from '../../store/store.js';
import { decodeValues } from '../shard/decode.js';
import { shardKey } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';

/** Reads each shard of a swarm from the store at most once. */
export class ShardReader {
  /**
   * A shard forwards to one that was read as split: the parent took the peers back in between, and
   * the versions that were read lack them.
   */
  isOutdated = false;
  private readonly reads = new Map<number, Promise<Shard | undefined>>();

  /** @param infohash hex */
  constructor(
    private readonly context: { readonly store: Store; readonly log: Log },
    private readonly infohash: string,
  ) {}

  /** A shard as it is stored, also if it forwards; undefined if there is none. */
  read(number: number): Promise<Shard | undefined> {
    let read = this.reads.get(number);
    if (read === undefined) {
      read = this.fetch(number);
      this.reads.set(number, read);
    }
    return read;
  }

  private async fetch(number: number): Promise<Shard | undefined> {
    const key = shardKey(this.infohash, number);
    const { values } = await this.context.store.fetch(key);
    return decodeValues(number, key, values, this.context.log);
  }
}
