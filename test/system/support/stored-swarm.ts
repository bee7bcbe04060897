/** A swarm as it lies in a store, read without the code that serves announces. */
import { V4 } from '../../../lib/swarm/shard/peer-record.js';
import { hashPeerId, infohashKey, parentOf, shardAt } from '../../../lib/swarm/shard/placement.js';
import { owns } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import type { Store } from '../../../lib/store/store.js';

export class StoredSwarm {
  private constructor(readonly shards: ReadonlyMap<number, Shard>) {}

  /**
   * @throws ShardDamagedError for a shard that cannot be read; Error for one that has more than one
   *   value
   */
  static async read(store: Store, infohash: Uint8Array): Promise<StoredSwarm> {
    const key = infohashKey(infohash);
    const range = { from: key, to: `${key}/` };
    const shards = new Map<number, Shard>();
    let cursor: string | undefined;
    do {
      const page = await store.keys(range, cursor, 500);
      for (const shardKey of page.keys) {
        const { values } = await store.fetch(shardKey);
        const [value] = values;
        if (value === undefined || values.length > 1)
          throw new Error(`${shardKey} has ${values.length} values`);
        const number = Number(shardKey.slice(key.length + 1));
        shards.set(number, Shard.decode(number, value));
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return new StoredSwarm(shards);
  }

  get deepest(): number {
    return Math.max(0, ...[...this.shards.values()].map(({ header }) => header.depth));
  }

  /** Records of all shards together. */
  get records(): number {
    return [...this.shards.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * The IPv4 record of a peer in the one shard that is responsible for it; undefined if it is not
   * there, wherever else it may be.
   * @param identity peer id, address and port as they begin a record
   */
  recordOf(identity: Uint8Array): Buffer | undefined {
    const shard = this.responsibleFor(hashPeerId(identity));
    if (shard === undefined) return undefined;
    const { at, found } = shard.find(V4, identity);
    return found ? shard.bytes.subarray(at, at + V4.size) : undefined;
  }

  private responsibleFor(hash: number): Shard | undefined {
    for (let n = shardAt(hash, this.deepest); ; n = parentOf(n)) {
      const shard = this.shards.get(n);
      if (shard !== undefined && owns(shard.header, hash)) return shard;
      if (n === 0) return undefined;
    }
  }
}
