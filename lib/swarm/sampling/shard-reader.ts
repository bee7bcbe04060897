import type { Log } from '../../log.js';
import type { Store } from '../../store/store.js';
import { decodeValues } from '../shard/decode.js';
import { shardKey } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';

/** Reads each shard of a swarm from the store at most once. */
export class ShardReader {
  /** A shard forwards to one that was read as split: it has taken the peers back since then, and what was read of the two has them nowhere. */
  isOutdated = false;
  private readonly reads = new Map<number, Promise<Shard | undefined>>();

  /** @param infohash hex */
  constructor(
    private readonly context: { readonly store: Store; readonly log: Log },
    private readonly infohash: string,
  ) {}

  /** Shard n as it is stored, also if it forwards; undefined if there is none. */
  read(n: number): Promise<Shard | undefined> {
    let read = this.reads.get(n);
    if (read === undefined) {
      read = this.fetch(n);
      this.reads.set(n, read);
    }
    return read;
  }

  private async fetch(n: number): Promise<Shard | undefined> {
    const key = shardKey(this.infohash, n);
    const { values } = await this.context.store.fetch(key);
    return decodeValues(n, key, values, this.context.log);
  }
}
