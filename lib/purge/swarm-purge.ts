import type { Clock } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { addCounts, countPeers, NO_PEERS, type PeerCounts } from '../swarm/counts.js';
import { decodeValues } from '../swarm/decode.js';
import { dropExpired } from '../swarm/filter.js';
import { ReadOperation } from '../swarm/operation.js';
import { expiryDeadline } from '../swarm/peer-record.js';
import { birthDepth, childOf, parentOf, shardKey } from '../swarm/placement.js';
import { AdoptOperation } from '../swarm/relocation.js';
import { newHeader, type ShardHeader } from '../swarm/shard-header.js';
import { Shard } from '../swarm/shard.js';
import { ShardRouter } from '../swarm/shard-router.js';
import {
  FinishSplitOperation,
  ForwardOperation,
  PruneOperation,
  TakeBackOperation,
} from '../swarm/shrinking.js';
import { WarmShards } from '../swarm/warm-shards.js';
import { addSwarm, type PurgeSummary } from './summary.js';

export interface SwarmPurgeComponents {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly peerLifetimeSeconds: number;
  readonly shardPeers: number;
}

/**
 * Cleans one swarm after another: drops expired records, removes shards with nothing in them, and merges shards back that have become small.
 * Everything is written with the version that was read, through the same lanes as announces: a peer that announces meanwhile stays.
 */
export class SwarmPurge {
  private readonly router: ShardRouter;

  constructor(private readonly components: SwarmPurgeComponents) {
    // Nothing is remembered: another process writes to these shards all the time.
    this.router = new ShardRouter(new WarmShards({ ...components, warmMilliseconds: -1 }, 0), components.log);
  }

  /**
   * @param infohash hex
   * @param numbers the numbers of its stored shards
   * @param summary what is found and done is added here
   */
  async clean(infohash: string, numbers: readonly number[], summary: PurgeSummary): Promise<void> {
    const kept = new Map<number, KeptShard>();
    const counts = await this.countAll(numbers, async (n) => {
      const shard = await this.cleanShard(infohash, n, summary);
      if (shard !== undefined) kept.set(n, keptOf(shard));
      return shard;
    });
    const isMended = await this.mend(infohash, kept, summary);
    addSwarm(summary, infohash, isMended ? await this.countAgain(infohash, kept.keys()) : counts);
  }

  /** What a swarm has after shards were put in order, which held some of its peers twice until then. */
  private countAgain(infohash: string, numbers: Iterable<number>): Promise<PeerCounts> {
    return this.countAll(numbers, (n) => this.router.applyAt(infohash, n, new ReadOperation(undefined)));
  }

  /** The peers of these shards, and of those that split off from one of them before it was read: half of its peers are there. */
  private async countAll(
    numbers: Iterable<number>,
    read: (n: number) => Promise<Shard | undefined>,
  ): Promise<PeerCounts> {
    let counts = NO_PEERS;
    const all = new Set(numbers);
    // What is added to a set meanwhile comes as well.
    for (const n of all) {
      const shard = await read(n);
      if (shard === undefined || shard.header.forwarding) continue;
      counts = addCounts(counts, this.count(n, shard));
      for (let depth = birthDepth(n); depth < shard.header.depth; depth++) all.add(childOf(n, depth));
    }
    return counts;
  }

  /** Drops what expired in one shard. Gives what is left; undefined if the shard is gone. */
  private async cleanShard(infohash: string, n: number, summary: PurgeSummary): Promise<Shard | undefined> {
    const { store, log, peerLifetimeSeconds } = this.components;
    const key = shardKey(infohash, n);
    const { values, version } = await store.fetch(key, 'strong');
    // A key may be listed for as long as its tombstone lives: that it was removed has been counted.
    if (values.length === 0) return undefined;
    summary.shards++;
    const shard = decodeValues(n, key, values, log);
    const left = shard === undefined ? undefined : dropExpired(n, shard, this.deadline());
    if (shard !== undefined && left !== undefined) summary.recordsDropped += shard.count - left.count;
    if (left === undefined || this.isDispensable(n, left)) {
      if (version !== undefined) await store.remove(key, version);
      summary.shardsRemoved++;
      return undefined;
    }
    if (left === shard && values.length === 1 && !left.header.strays) return left;
    return this.router.applyAt(infohash, n, new PruneOperation(n, peerLifetimeSeconds));
  }

  /** A whole swarm's only shard without a record, or one that has forwarded for as long as anybody may remember it otherwise. */
  private isDispensable(n: number, shard: Shard): boolean {
    const { header, count } = shard;
    if (count > 0) return false;
    if (header.forwarding) return header.forwardingSince <= this.deadline();
    return n === 0 && header.depth === 0;
  }

  /** Makes every shard known to its parent, then merges those that have become small. True if one was not known. */
  private async mend(
    infohash: string,
    kept: Map<number, KeptShard>,
    summary: PurgeSummary,
  ): Promise<boolean> {
    let isMended = false;
    const children = [...kept.keys()].filter((n) => n !== 0).sort((a, b) => a - b);
    for (const child of children) {
      if (kept.get(child)?.header.forwarding !== false) continue;
      if (await this.attach(infohash, child, kept)) isMended = true;
    }
    for (const [n, shard] of kept) await this.makeMissing(infohash, n, shard, kept);
    // The youngest first, so that a whole tree can fold in one go.
    for (const child of [...kept.keys()].filter((n) => n !== 0).sort((a, b) => b - a)) {
      const depth = birthDepth(child);
      const shard = kept.get(child);
      const parent = kept.get(parentOf(child));
      if (!isDepth(shard, depth) || !isDepth(parent, depth)) continue;
      if (parent.count + shard.count > this.components.shardPeers / 2) continue;
      if (await this.foldBack(infohash, child, kept)) summary.shardsMerged++;
    }
    return isMended;
  }

  /**
   * Finishes a split of which the parent was never told, or which it forgot when it took another child back: until then nobody finds the shard
   * from above. Only ever deepens, as an announce that splits does, so the two do not get in each other's way. False if there was nothing to do.
   */
  private async attach(infohash: string, child: number, kept: Map<number, KeptShard>): Promise<boolean> {
    const n = parentOf(child);
    let parent = kept.get(n);
    let isDone = false;
    if (parent === undefined || parent.header.forwarding) {
      isDone = true;
      parent = await this.make(infohash, n, kept);
      if (n !== 0) await this.attach(infohash, n, kept);
    }
    while (!parent.header.forwarding && parent.header.depth < birthDepth(child)) {
      const next = childOf(n, parent.header.depth);
      // It counts as an adoption: a purge that is just taking this shard back must not go on.
      await this.make(infohash, next, kept);
      parent = keptOf(await this.router.applyAt(infohash, n, new FinishSplitOperation(n, next)));
      kept.set(n, parent);
      isDone = true;
    }
    return isDone;
  }

  /**
   * Makes the children that a shard with nobody in it says are there, but are not: their bytes were damaged, or a store lost them. Without
   * them it would never fold, and stay for ever.
   */
  private async makeMissing(
    infohash: string,
    n: number,
    shard: KeptShard,
    kept: Map<number, KeptShard>,
  ): Promise<void> {
    if (shard.header.forwarding || shard.count > 0) return;
    for (let depth = birthDepth(n); depth < shard.header.depth; depth++) {
      const child = childOf(n, depth);
      if (!kept.has(child)) await this.make(infohash, child, kept);
    }
  }

  /** Makes a shard that takes peers, if there is none. */
  private async make(infohash: string, n: number, kept: Map<number, KeptShard>): Promise<KeptShard> {
    const nothing = new AdoptOperation(n, Shard.empty(newHeader(n)));
    const shard = keptOf(await this.router.applyAt(infohash, n, nothing, 'create'));
    kept.set(n, shard);
    return shard;
  }

  /** Takes a child's peers into its parent, then lets it forward. False if others changed either meanwhile. */
  private async foldBack(infohash: string, child: number, kept: Map<number, KeptShard>): Promise<boolean> {
    const n = parentOf(child);
    const taken = await this.router.applyAt(infohash, child, new ReadOperation(undefined));
    if (!isDepth(taken, birthDepth(child))) return false;
    const parent = await this.router.applyAt(infohash, n, new TakeBackOperation(n, child, taken));
    kept.set(n, keptOf(parent));
    if (parent.header.forwarding || parent.header.depth >= birthDepth(child)) return false;
    await this.router.applyAt(infohash, child, new ForwardOperation(child, taken));
    // Two purges that fold at once can undo each other: what the parent no longer has then is put back.
    await this.router.restore(infohash, taken);
    kept.delete(child);
    return true;
  }

  private count(n: number, shard: Shard): PeerCounts {
    return countPeers(n, shard, this.deadline());
  }

  private deadline(): number {
    return expiryDeadline(this.components.clock.now(), this.components.peerLifetimeSeconds);
  }
}

/** What is kept of each shard of a swarm until all are in order: not its records, as a swarm may be larger than memory. */
interface KeptShard {
  readonly header: ShardHeader;
  readonly count: number;
}

function keptOf({ header, count }: Shard): KeptShard {
  return { header, count };
}

/** Whether a shard is there, takes peers, and has this depth. */
function isDepth<S extends KeptShard>(shard: S | undefined, depth: number): shard is S {
  return shard?.header.forwarding === false && shard.header.depth === depth;
}
