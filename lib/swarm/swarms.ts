import type { Refusal } from '../bittorrent/errors.js';
import type { Clock, Random } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { ShardCache } from './cache/shard-cache.js';
import { ShardRouter, type Routed } from './cache/shard-router.js';
import type { SwarmMetrics } from './metrics.js';
import { AnnounceOperation, type Announcement } from './operations/announce.js';
import type { RefreshRules } from './refresh.js';
import { FamilyLists } from './sampling/family-lists.js';
import { Neighbours } from './sampling/neighbours.js';
import {
  ANY_SCOPE,
  selectPeers,
  type MinScopes,
  type SelectedPeers,
  type Wanted,
} from './sampling/selection.js';
import { SwarmViews, type SwarmView } from './sampling/swarm-views.js';
import { countPeers, returnable, type PeerCounts } from './shard/counts.js';
import { expiryCutoff, layoutOfRecord } from './shard/peer-record.js';
import { childOf, infohashKey } from './shard/placement.js';
import type { Shard } from './shard/shard.js';

/** Reads of the store that a cold announce may take: with its write, four operations. */
const MAX_READS = 3;
/** Store operations that the list of a rare family may take; the second one where others wrote it. */
const LIST_OPERATIONS = 2;

export interface SwarmRules extends RefreshRules {
  /** A peer lives this long after its last announce that was written. */
  readonly peerLifetimeSeconds: number;
  /** A shard with more records than this splits. */
  readonly shardPeers: number;
  /** How long a shard that was read or written may be taken for its present state. */
  readonly warmMilliseconds: number;
  /** Bytes of shards to cache. */
  readonly warmBytes: number;
  /** Peers of one address that a small swarm keeps; 0 or undefined: any number. */
  readonly addressPeers?: number;
}

export interface SwarmComponents {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly rules: SwarmRules;
  /** Asked when an address announces what nobody does; what it is told if it may not. */
  readonly mayBegin?: ((address: Uint8Array) => Refusal | undefined) | undefined;
  /** A completed download was counted. */
  readonly onDownload?: () => void;
  /** Without any nothing is counted. */
  readonly swarmMetrics?: SwarmMetrics | undefined;
}

/** Which peers an announcing peer wants. */
export interface PeersWanted {
  readonly limit: number;
  readonly withIds: boolean;
  /** Addresses of a smaller scope are left out. */
  readonly minScopes?: MinScopes;
}

export interface SwarmAnswer {
  readonly counts: PeerCounts;
  readonly peers: SelectedPeers;
}

/**
 * All swarms that peers announce to, as one process sees them.
 *
 * An announce touches the shard of its peer and, in a large swarm, a few others for peers to
 * return: its cost does not grow with the swarm.
 */
export class Swarms {
  private readonly cache: ShardCache;
  private readonly router: ShardRouter;
  private readonly families: FamilyLists;
  private readonly neighbours: Neighbours;
  private readonly views: SwarmViews;

  constructor(private readonly components: SwarmComponents) {
    const { rules, ...context } = components;
    this.cache = new ShardCache({ ...rules, ...context }, rules.warmBytes);
    this.router = new ShardRouter(this.cache, components.log);
    this.families = new FamilyLists(this.cache, components.random, components.log, rules);
    this.neighbours = new Neighbours(this.cache, components.random, components.log);
    this.views = new SwarmViews(components.random);
  }

  /**
   * Takes a peer's announcement; answers when it is stored, with peers to connect to. The counts
   * are exact if all shards of the swarm are at hand, else estimated from those that are.
   * @param log for what goes wrong with this announce alone; what several wait for goes to the log
   *   of all
   * @throws (rejects with) a StoreError if it could not be stored, a Refusal if its address has
   *   begun too many swarms
   */
  announce(announcement: Announcement, wanted: PeersWanted, log = this.components.log): Promise<SwarmAnswer> {
    const infohash = infohashKey(announcement.infohash);
    const operation = new AnnounceOperation(announcement, this.components.rules, this.components.mayBegin);
    const ask = (): Wanted => this.asked(announcement, operation.record, wanted);
    return this.router.visit(infohash, operation).then((routed) => {
      if (operation.refusal !== undefined) throw operation.refusal;
      if (!operation.countsDownload) return this.answer(infohash, routed, ask);
      return this.countDownload(infohash, log).then(() =>
        this.answer(infohash, routed, ask, this.present(infohash, ownNow(routed))),
      );
    });
  }

  /**
   * The peer is stored as counted by now: a failure here loses one download, where counting first
   * would count it twice.
   */
  private async countDownload(infohash: string, log: Log): Promise<void> {
    try {
      await this.components.store.increment(infohash, 1);
      this.components.onDownload?.();
    } catch (cause) {
      log.error('download not counted', { infohash, cause });
    }
  }

  private asked({ event, state }: Announcement, self: Uint8Array, wanted: PeersWanted): Wanted {
    const { clock, rules } = this.components;
    const now = clock.now();
    const { overdueSeconds = rules.peerLifetimeSeconds } = rules;
    return {
      limit: event === 'stopped' ? 0 : wanted.limit,
      self,
      downloadersOnly: state === 'seeder',
      withIds: wanted.withIds,
      minScopes: wanted.minScopes ?? ANY_SCOPE,
      expiryCutoff: expiryCutoff(now, rules.peerLifetimeSeconds),
      overdueCutoff: expiryCutoff(now, overdueSeconds),
    };
  }

  /**
   * @param ask what is wanted now: peers expire while other shards are read
   * @param own the peer's own shard as it is by now
   */
  private answer(
    infohash: string,
    routed: Routed,
    ask: () => Wanted,
    own = ownNow(routed),
  ): SwarmAnswer | Promise<SwarmAnswer> {
    const asked = ask();
    if (own.header.depth === 0) {
      return {
        counts: countPeers(own, asked.expiryCutoff),
        peers: selectPeers([own], asked, this.components.random),
      };
    }
    const listed = this.families.visit(infohash, own, asked.self, asked.expiryCutoff);
    if (listed === undefined) return this.answerLarge(infohash, routed, ask, asked, own, undefined, 0);
    return listed.then((list) => {
      const present = this.present(infohash, ownNow(routed));
      return this.answerLarge(infohash, routed, ask, ask(), present, list, LIST_OPERATIONS);
    });
  }

  /**
   * Answers in a swarm of several shards.
   * @param asked what is wanted at this moment
   * @param list peers of the same family, if that is rare
   * @param operations on the store that the announce took for that list
   */
  private answerLarge(
    infohash: string,
    routed: Routed,
    ask: () => Wanted,
    asked: Wanted,
    own: Shard,
    list: Shard | undefined,
    operations: number,
  ): SwarmAnswer | Promise<SwarmAnswer> {
    const view = this.views.current(infohash, own, asked.expiryCutoff);
    if (view !== undefined) return this.answerFrom(view, own, asked, list);
    const hasEnough = (found: readonly Shard[]): boolean => hasPeersFor(asked, found);
    const reads = Math.max(0, readsLeft(routed, asked.limit) - operations);
    const shards = this.neighbours.around(infohash, own, hasEnough, reads);
    if (Array.isArray(shards)) return this.answerAfterLook(infohash, own, shards, asked, list);
    return shards.then((read) => {
      const present = this.present(infohash, ownNow(routed));
      return this.answerAfterLook(infohash, present, [present, ...read.slice(1)], ask(), list);
    });
  }

  /** @param shards the peer's own first */
  private answerAfterLook(
    infohash: string,
    own: Shard,
    shards: readonly Shard[],
    asked: Wanted,
    list: Shard | undefined,
  ): SwarmAnswer {
    const present = [own];
    for (const shard of shards.slice(1)) {
      const now = this.present(infohash, shard);
      // A forwarding shard's peers went back to its parent.
      if (!now.header.forwarding) present.push(now);
    }
    return this.answerFrom(this.views.look(infohash, present, asked.expiryCutoff), own, asked, list);
  }

  private answerFrom(view: SwarmView, own: Shard, asked: Wanted, list: Shard | undefined): SwarmAnswer {
    const shards = view.shardsFor(own, asked.limit, asked.downloadersOnly, layoutOfRecord(asked.self));
    if (list !== undefined) shards.push(list);
    return {
      counts: view.countsWith(own),
      peers: selectPeers(shards, asked, this.components.random),
    };
  }

  /**
   * A shard as it is by now: announces to it may have been stored and answered while another one
   * was read. It may be about to be written without the peers that were split off from it: those
   * that are in shards of their own already may have left there.
   */
  private present(infohash: string, shard: Shard): Shard {
    const known = this.cache.peek(infohash, shard.number)?.latest ?? shard;
    let { depth } = known.header;
    while (this.isThere(infohash, childOf(known.number, depth))) depth++;
    if (depth === known.header.depth) return known;
    return known.withHeader({ ...known.header, depth, misplaced: true });
  }

  private isThere(infohash: string, number: number): boolean {
    const shard = this.cache.peek(infohash, number)?.warm;
    return shard !== undefined && !shard.header.forwarding;
  }
}

/** The peer's own shard as it is by now: other announces to it may have been stored since. */
function ownNow({ writer, shard }: Routed): Shard {
  const { latest } = writer;
  return latest === undefined || latest.header.forwarding ? shard : latest;
}

/** Whether shards have as many returnable peers as are wanted, of whichever family. */
function hasPeersFor({ limit, downloadersOnly, expiryCutoff }: Wanted, shards: readonly Shard[]): boolean {
  let sum = 0;
  for (const shard of shards) sum += returnable(countPeers(shard, expiryCutoff), downloadersOnly);
  return sum >= limit;
}

/** Reads of the store that an announce may take for other shards: one if it was warm. */
function readsLeft(routed: Routed, limit: number): number {
  if (limit === 0) return 0;
  return routed.fetches === 0 ? 1 : Math.max(0, MAX_READS - routed.fetches);
}
