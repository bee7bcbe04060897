import type { Clock } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { ShardCache } from '../swarm/cache/shard-cache.js';
import { ShardRouter } from '../swarm/cache/shard-router.js';
import {
  FinishSplitOperation,
  ForwardOperation,
  MarkEmptyOperation,
  MergeChildOperation,
  PruneOperation,
} from '../swarm/operations/merge-child.js';
import { ReadOperation } from '../swarm/operations/operation.js';
import { AbsorbOperation } from '../swarm/operations/relocation.js';
import { addCounts, countPeers, NO_PEERS, type PeerCounts } from '../swarm/shard/counts.js';
import { decodeValues } from '../swarm/shard/decode.js';
import { dropExpired, withoutFutureDates } from '../swarm/shard/expiry.js';
import { newHeader, type ShardHeader } from '../swarm/shard/header.js';
import { expiryCutoff } from '../swarm/shard/peer-record.js';
import { birthDepth, childOf, parentOf, shardKey } from '../swarm/shard/placement.js';
import { Shard } from '../swarm/shard/shard.js';
import { addSwarm, emptySummary, type PurgeSummary } from './summary.js';

export interface SwarmPurgeComponents {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly peerLifetimeSeconds: number;
  readonly shardPeers: number;
  /** Downloads are forgotten after a swarm was empty for this long; undefined: never. */
  readonly downloadsLifetimeSeconds?: number;
  /** Who says which torrents are not served any more; without one all are. */
  readonly policy?: {
    /** Whether to forget the peers of a torrent, 20 bytes. If this rejects they stay. */
    denies?(infohash: Uint8Array): Promise<boolean>;
  };
}

/**
 * Cleans one swarm after another: drops expired records, removes shards with nothing in them, and
 * merges small shards into their parents. Everything is written with the version that was read,
 * through the same shard writers as announces: a peer that announces meanwhile stays.
 */
export class SwarmPurge {
  private readonly router: ShardRouter;

  constructor(private readonly components: SwarmPurgeComponents) {
    // Nothing is cached: another process writes to these shards all the time.
    this.router = new ShardRouter(new ShardCache({ ...components, warmMilliseconds: -1 }, 0), components.log);
  }

  /**
   * @param infohash hex
   * @param numbers the numbers of its stored shards, and of its lists of rare families
   * @param summary what is found and done is added here
   */
  async clean(infohash: string, numbers: readonly number[], summary: PurgeSummary): Promise<void> {
    if (await this.components.policy?.denies?.(Buffer.from(infohash, 'hex'))) {
      await this.forget(infohash, numbers, summary);
      return;
    }
    const kept = new Map<number, KeptShard>();
    // What lists have are copies, which the summary does not count.
    const lists = numbers.filter((number) => number < 0);
    for (const list of lists) await this.cleanShard(infohash, list, emptySummary());
    const shards = numbers.filter((number) => number >= 0);
    const counts = await this.countAll(shards, async (number) => {
      const shard = await this.cleanShard(infohash, number, summary);
      if (shard !== undefined) kept.set(number, keptOf(shard));
      return shard;
    });
    const isMended = await this.mend(infohash, kept, summary);
    addSwarm(summary, infohash, isMended ? await this.countAgain(infohash, kept.keys()) : counts);
    if (kept.size > 0) summary.downloads += await this.components.store.count(infohash);
  }

  /**
   * Forgets a torrent that is not served any more, its downloads too. A process that does not know
   * yet may still write a peer, which is for the next purge.
   */
  private async forget(infohash: string, numbers: readonly number[], summary: PurgeSummary): Promise<void> {
    const { store, log } = this.components;
    for (const number of numbers) {
      const key = shardKey(infohash, number);
      const { values, version } = await store.fetch(key, 'strong');
      if (version === undefined) continue;
      summary.shards++;
      summary.recordsDropped += decodeValues(number, key, values, log)?.count ?? 0;
      await store.remove(key, version);
      summary.shardsRemoved++;
    }
    await store.removeCount?.(infohash);
  }

  /** The counts of a swarm after its shards were mended, which had some peers twice until then. */
  private countAgain(infohash: string, numbers: Iterable<number>): Promise<PeerCounts> {
    return this.countAll(numbers, (number) => this.router.applyAt(infohash, number, new ReadOperation()));
  }

  /**
   * The peers of these shards, and of those that split off from one of them before it was read:
   * half of its peers are there.
   */
  private async countAll(
    numbers: Iterable<number>,
    read: (number: number) => Promise<Shard | undefined>,
  ): Promise<PeerCounts> {
    let counts = NO_PEERS;
    const all = new Set(numbers);
    // Numbers that are added to the set meanwhile are visited as well.
    for (const number of all) {
      const shard = await read(number);
      if (shard === undefined || shard.header.forwarding) continue;
      counts = addCounts(counts, countPeers(shard, this.expiryCutoff()));
      for (let depth = birthDepth(number); depth < shard.header.depth; depth++) {
        all.add(childOf(number, depth));
      }
    }
    return counts;
  }

  /** Drops what expired in one shard. Returns what is left; undefined if the shard is gone. */
  private async cleanShard(
    infohash: string,
    number: number,
    summary: PurgeSummary,
  ): Promise<Shard | undefined> {
    const { store, log, peerLifetimeSeconds } = this.components;
    const key = shardKey(infohash, number);
    const { values, version } = await store.fetch(key, 'strong');
    // A key may be listed for as long as its tombstone lives: that it was removed has been counted.
    if (values.length === 0) return undefined;
    summary.shards++;
    const shard = decodeValues(number, key, values, log);
    const left = shard === undefined ? undefined : this.cleaned(shard);
    if (shard !== undefined && left !== undefined) summary.recordsDropped += shard.count - left.count;
    if (left === undefined || this.isRemovable(left)) {
      const isRoot = shard !== undefined && number === 0;
      const downloads = isRoot ? await this.downloadsOf(infohash, shard) : 'none';
      if (downloads === 'kept') return left;
      if (version !== undefined) await store.remove(key, version);
      summary.shardsRemoved++;
      if (downloads === 'outlived') await this.forgetDownloads(infohash);
      return undefined;
    }
    if (left === shard && values.length === 1 && !left.header.misplaced) return left;
    return this.router.applyAt(infohash, number, new PruneOperation(peerLifetimeSeconds));
  }

  /**
   * Whether a swarm that is empty now has downloads to keep. As long as it has, its empty root
   * shard stays, with the date since when the swarm is empty.
   * @param root as it is stored
   */
  private async downloadsOf(infohash: string, root: Shard): Promise<'none' | 'kept' | 'outlived'> {
    const { store, clock, peerLifetimeSeconds, downloadsLifetimeSeconds } = this.components;
    if (store.removeCount === undefined || downloadsLifetimeSeconds === undefined) return 'none';
    const emptySince = root.count === 0 ? root.header.forwardingSince : 0;
    if (emptySince > 0) {
      return emptySince > clock.now() / 1000 - downloadsLifetimeSeconds ? 'kept' : 'outlived';
    }
    if ((await store.count(infohash)) === 0) return 'none';
    await this.router.applyAt(infohash, 0, new MarkEmptyOperation(peerLifetimeSeconds));
    return 'kept';
  }

  /** Forgets the downloads of a swarm whose root was removed, unless a peer came meanwhile. */
  private async forgetDownloads(infohash: string): Promise<void> {
    const { store } = this.components;
    const { values } = await store.fetch(infohash, 'strong');
    if (values.length === 0) await store.removeCount?.(infohash);
  }

  /**
   * Whether an empty shard may be removed: it is the only one of its swarm, or a list of a family,
   * or it has forwarded for as long as any process may have it cached as it was before.
   */
  private isRemovable({ header, count, number }: Shard): boolean {
    if (count > 0) return false;
    if (header.forwarding) return header.forwardingSince <= this.expiryCutoff();
    return number <= 0 && header.depth === 0;
  }

  /** Links every shard to its parent, then merges the small ones. True if one was not linked. */
  private async mend(
    infohash: string,
    kept: Map<number, KeptShard>,
    summary: PurgeSummary,
  ): Promise<boolean> {
    let isMended = false;
    const children = [...kept.keys()].filter((number) => number !== 0).sort((a, b) => a - b);
    for (const child of children) {
      if (kept.get(child)?.header.forwarding !== false) continue;
      if (await this.linkToParent(infohash, child, kept)) isMended = true;
    }
    for (const shard of kept.values()) await this.makeMissing(infohash, shard, kept);
    // The youngest first, so that a whole tree can be merged in one go.
    for (const child of [...kept.keys()].filter((number) => number !== 0).sort((a, b) => b - a)) {
      const depth = birthDepth(child);
      const shard = kept.get(child);
      const parent = kept.get(parentOf(child));
      if (!isDepth(shard, depth) || !isDepth(parent, depth)) continue;
      if (parent.count + shard.count > this.components.shardPeers / 2) continue;
      if (await this.mergeIntoParent(infohash, child, kept)) summary.shardsMerged++;
    }
    return isMended;
  }

  /**
   * Finishes a split of which the parent was never told, or which it forgot when it merged another
   * child: until then no lookup finds the shard from above. Only ever deepens, as an announce that
   * splits does, so the two agree. False if there was nothing to do.
   */
  private async linkToParent(
    infohash: string,
    child: number,
    kept: Map<number, KeptShard>,
  ): Promise<boolean> {
    const number = parentOf(child);
    let parent = kept.get(number);
    let isDone = false;
    if (parent === undefined || parent.header.forwarding) {
      isDone = true;
      parent = await this.make(infohash, number, kept);
      if (number !== 0) await this.linkToParent(infohash, number, kept);
    }
    while (!parent.header.forwarding && parent.header.depth < birthDepth(child)) {
      const next = childOf(number, parent.header.depth);
      // It counts as an absorption: a purge that is just merging this shard must not go on.
      await this.make(infohash, next, kept);
      parent = keptOf(await this.router.applyAt(infohash, number, new FinishSplitOperation(next)));
      kept.set(number, parent);
      isDone = true;
    }
    return isDone;
  }

  /**
   * Makes the children that an empty shard says it has, but that are not there: their bytes were
   * damaged, or a store lost them. Without them it could never be merged, and would stay for ever.
   */
  private async makeMissing(infohash: string, shard: KeptShard, kept: Map<number, KeptShard>): Promise<void> {
    const { number, depth, forwarding } = shard.header;
    if (forwarding || shard.count > 0) return;
    for (let at = birthDepth(number); at < depth; at++) {
      const child = childOf(number, at);
      if (!kept.has(child)) await this.make(infohash, child, kept);
    }
  }

  /** Makes a shard that takes peers, if there is none. */
  private async make(infohash: string, number: number, kept: Map<number, KeptShard>): Promise<KeptShard> {
    const nothing = new AbsorbOperation(Shard.empty(newHeader(number)));
    const shard = keptOf(await this.router.applyAt(infohash, number, nothing, 'create'));
    kept.set(number, shard);
    return shard;
  }

  /**
   * Merges a child into its parent: the parent takes the peers, then the child forwards. False if
   * others changed either meanwhile.
   */
  private async mergeIntoParent(
    infohash: string,
    number: number,
    kept: Map<number, KeptShard>,
  ): Promise<boolean> {
    const child = await this.router.applyAt(infohash, number, new ReadOperation());
    if (!isDepth(child, birthDepth(number))) return false;
    const parent = await this.router.applyAt(infohash, parentOf(number), new MergeChildOperation(child));
    kept.set(parent.number, keptOf(parent));
    if (parent.header.forwarding || parent.header.depth >= birthDepth(number)) return false;
    await this.router.applyAt(infohash, number, new ForwardOperation(child));
    // Two purges that merge at once can undo each other: what the parent lacks then is put back.
    await this.router.restore(infohash, child);
    kept.delete(number);
    return true;
  }

  private cleaned(shard: Shard): Shard {
    return dropExpired(withoutFutureDates(shard, this.components.clock.now()), this.expiryCutoff());
  }

  private expiryCutoff(): number {
    return expiryCutoff(this.components.clock.now(), this.components.peerLifetimeSeconds);
  }
}

/**
 * What is kept of each shard of a swarm until all are in order: not its records, as a swarm may be
 * larger than memory.
 */
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
