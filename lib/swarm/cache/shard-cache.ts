import { LinkedList } from '../../linked-list.js';
import { shardKey } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import { ShardLane, type LaneContext, type LaneHome } from './shard-writer.js';

/**
 * The lanes of the shards that this process used lately, and so the shards it remembers. A lane in use stays, so that this process does
 * not compete with itself for a shard.
 *
 * Lanes that were used once have a small part of the memory, and go in the order in which they came. Those that are used again by then, or twice not
 * much later, may have all the rest, until what they remember is too old to be used; the longest unused go first. Once may be by chance: where a great
 * many shards are used, enough of them are to have all the memory. So swarms that announce once in a while do not push out busy
 * ones, and what is remembered of them in vain is forgotten while it is young, which is when that costs the garbage collector nothing.
 *
 * Invariant: regulars are in the order in which they were used last, but for those in use.
 */
export class WarmShards implements LaneHome {
  /** By swarm, then by shard. */
  private readonly swarms = new Map<string, SwarmLanes>();
  private readonly newcomers = new Line();
  private readonly regulars = new Line();
  private readonly lateDrops = new LateDrops();
  /** Bytes. */
  private readonly mostOfNewcomers: number;
  private readonly mostOfRegulars: number;

  /** @param mostBytes of all that is remembered */
  constructor(
    private readonly context: LaneContext,
    mostBytes: number,
  ) {
    this.mostOfNewcomers = Math.max(mostBytes * NEWCOMERS, Math.min(mostBytes / 2, ROOM_FOR_NEWCOMERS));
    this.mostOfRegulars = mostBytes - this.mostOfNewcomers;
  }

  /** The lane of shard n of a swarm. */
  lane(infohash: string, n: number): ShardLane {
    let lanes = this.swarms.get(infohash);
    if (lanes === undefined) {
      lanes = new SwarmLanes();
      this.swarms.set(infohash, lanes);
    }
    let lane = lanes.get(n);
    if (lane === undefined) {
      lane = new ShardLane(this, this.context, infohash, n, shardKey(infohash, n));
      lanes.set(n, lane);
      lane.returns = this.lateDrops.returnsOf(lane);
      const line = lane.returns < RETURNS_OF_REGULARS ? this.newcomers : this.regulars;
      line.append(lane);
    } else {
      lane.used = true;
    }
    return lane;
  }

  /** The lane if there is one. */
  peek(infohash: string, n: number): ShardLane | undefined {
    return this.swarms.get(infohash)?.get(n);
  }

  /** Shard n of a swarm as it is remembered, for each of these numbers; undefined where it is not, or too old to be taken for the present one. */
  warm(infohash: string, numbers: readonly number[]): (Shard | undefined)[] {
    const lanes = this.swarms.get(infohash);
    return numbers.map((n) => lanes?.get(n)?.warm);
  }

  onIdle(lane: ShardLane): void {
    const { line } = lane;
    if (line === undefined) return;
    if (line === this.regulars) {
      // Newcomers share the memory that they were read into, and are gone with it soon.
      lane.compact();
      this.regulars.remove(lane);
      this.regulars.append(lane);
    }
    line.weigh(lane, OVERHEAD + lane.weight);
    if (this.newcomers.bytes > this.mostOfNewcomers) this.sift();
    if (this.regulars.bytes > this.mostOfRegulars) this.evict();
    this.dropUnused();
  }

  /** Makes regulars of the first newcomers if they were used again, and drops them if not. */
  private sift(): void {
    const { newcomers, regulars } = this;
    let looks = newcomers.length;
    for (let lane = newcomers.first; lane !== undefined; lane = newcomers.first) {
      if (newcomers.bytes <= this.mostOfNewcomers || looks-- === 0) return;
      newcomers.remove(lane);
      if (lane.used) {
        lane.used = false;
        if (!lane.busy) lane.compact();
        regulars.append(lane);
      } else if (lane.busy) {
        newcomers.append(lane);
      } else {
        this.lateDrops.add(lane);
        this.forget(lane);
      }
    }
  }

  private evict(): void {
    const { regulars } = this;
    let looks = regulars.length;
    for (let lane = regulars.first; lane !== undefined; lane = regulars.first) {
      if (regulars.bytes <= this.mostOfRegulars || looks-- === 0) return;
      this.drop(lane);
    }
  }

  /** Drops the longest unused regular if what it remembers is of no more use. Called for each use, it finds all of them in time. */
  private dropUnused(): void {
    const { first } = this.regulars;
    if (first?.isWarm === false) this.drop(first);
  }

  /** Drops a regular unless it is in use: then it goes to the end of the line. */
  private drop(lane: ShardLane): void {
    this.regulars.remove(lane);
    if (lane.busy) this.regulars.append(lane);
    else this.forget(lane);
  }

  private forget({ infohash, n }: ShardLane): void {
    const lanes = this.swarms.get(infohash);
    lanes?.set(n, undefined);
    if (lanes?.isEmpty === true) this.swarms.delete(infohash);
  }
}

/**
 * Lanes that were dropped lately, by a hash of their keys: each is remembered until another one comes to have its place. One may be taken for
 * another, which does no harm.
 */
class LateDrops {
  /** Hashes whose lowest bit says that the lane had returned when it was dropped. */
  private readonly hashes = new Uint32Array(LATE_DROPS);

  add(lane: ShardLane): void {
    const hash = hashOf(lane);
    this.hashes[placeOf(hash)] = lane.returns === 0 ? hash : hash + 1;
  }

  /** How often in a row a lane that is made now was dropped not long before it was made: 0, 1, or 2 for more than once. */
  returnsOf(lane: ShardLane): 0 | 1 | 2 {
    const hash = hashOf(lane);
    const known = this.hashes[placeOf(hash)];
    if (known === hash) return 1;
    return known === hash + 1 ? 2 : 0;
  }
}

/** Even, and never 0. */
function hashOf({ infohash, n }: ShardLane): number {
  let hash = Math.imul(n, 0x9e3779b1);
  for (let i = 0; i < infohash.length; i++) hash = Math.imul(hash ^ infohash.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) & ~1) >>> 0 || 2;
}

function placeOf(hash: number): number {
  return (hash >>> 1) % LATE_DROPS;
}

/** Lanes in the order in which they are looked at to be dropped, and what they weigh together. */
class Line {
  bytes = 0;
  length = 0;
  private readonly lanes = new LinkedList<ShardLane>();

  get first(): ShardLane | undefined {
    return this.lanes.first;
  }

  append(lane: ShardLane): void {
    this.lanes.append(lane);
    lane.line = this;
    this.length++;
    this.bytes += lane.weighed;
  }

  remove(lane: ShardLane): void {
    this.lanes.remove(lane);
    lane.line = undefined;
    this.length--;
    this.bytes -= lane.weighed;
  }

  weigh(lane: ShardLane, bytes: number): void {
    this.bytes += bytes - lane.weighed;
    lane.weighed = bytes;
  }
}

/** The lanes of one swarm by shard. Most swarms have one shard, so that one takes no map. */
class SwarmLanes {
  private root: ShardLane | undefined;
  private others: Map<number, ShardLane> | undefined;

  get(n: number): ShardLane | undefined {
    return n === 0 ? this.root : this.others?.get(n);
  }

  set(n: number, lane: ShardLane | undefined): void {
    if (n === 0) {
      this.root = lane;
    } else if (lane === undefined) {
      this.others?.delete(n);
    } else {
      this.others ??= new Map();
      this.others.set(n, lane);
    }
  }

  get isEmpty(): boolean {
    return this.root === undefined && (this.others === undefined || this.others.size === 0);
  }
}

/** A lane that came back so often, each time soon after it was dropped, is made a regular. */
const RETURNS_OF_REGULARS = 2;

/** As many lanes as the default memory has room for, and some more. */
const LATE_DROPS = 16_384;

/** The share of the memory for lanes that were used once, and what that is at least, in bytes, unless it were more than half. */
const NEWCOMERS = 1 / 64;
const ROOM_FOR_NEWCOMERS = 1024 * 1024;

/**
 * What a lane weighs beside its shard's bytes: the objects, the key, the map's entry, and a version such as the 60 bytes of a vector clock.
 * Measured on Node 20 as the mean of 40,000 swarms with one peer each.
 */
const OVERHEAD = 800;
