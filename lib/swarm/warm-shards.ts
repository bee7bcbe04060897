import { shardKey } from './placement.js';
import { ShardLane, type LaneContext } from './shard-lane.js';

/**
 * The lanes of the shards that this process used lately, and so the shards it remembers: the longest unused go first when the remembered
 * states outgrow their bound. A lane in use stays, so that this process does not compete with itself for a shard.
 */
export class WarmShards {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(
    private readonly context: LaneContext,
    private readonly mostBytes: number,
  ) {}

  /** The lane of shard n of a swarm. */
  lane(infohash: string, n: number): ShardLane {
    const key = shardKey(infohash, n);
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.used = true;
      return known.lane;
    }
    const sibling = (other: number): ShardLane => this.lane(infohash, other);
    const entry: Entry = {
      lane: new ShardLane(n, key, this.context, sibling, () => {
        this.weigh(key, entry);
      }),
      weight: 0,
      used: false,
    };
    this.entries.set(key, entry);
    return entry.lane;
  }

  /** The lane if there is one. */
  peek(infohash: string, n: number): ShardLane | undefined {
    return this.entries.get(shardKey(infohash, n))?.lane;
  }

  private weigh(key: string, entry: Entry): void {
    if (this.entries.get(key) !== entry) return;
    const weight = OVERHEAD + entry.lane.weight;
    this.bytes += weight - entry.weight;
    entry.weight = weight;
    if (this.bytes > this.mostBytes) this.evict();
  }

  /** Second chance: an entry used since it was last looked at goes to the end of the line. */
  private evict(): void {
    let looks = this.entries.size * 2;
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.mostBytes || looks-- === 0) return;
      this.entries.delete(key);
      if (entry.used || entry.lane.busy) {
        entry.used = false;
        this.entries.set(key, entry);
      } else {
        this.bytes -= entry.weight;
      }
    }
  }
}

interface Entry {
  readonly lane: ShardLane;
  weight: number;
  used: boolean;
}

/** What a lane weighs beside its shard's bytes: the objects, the key, the map's entry. Measured on Node 20. */
const OVERHEAD = 600;
