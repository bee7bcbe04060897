import type { Clock, Random } from '../environment.js';
import type { Log } from '../log.js';
import type { Store } from '../store/store.js';
import { AnnounceOperation, type Announcement } from './announcement.js';
import { countPeers, givable, type PeerCounts } from './counts.js';
import { childOf, infohashKey } from './placement.js';
import { Neighbours } from './neighbours.js';
import { expiryDeadline } from './peer-record.js';
import { selectPeers, type SelectedPeers, type Source, type Wanted } from './selection.js';
import { ShardRouter, type Arrival } from './shard-router.js';
import { SwarmViews, type SwarmView } from './swarm-views.js';
import { WarmShards } from './warm-shards.js';

export interface SwarmRules {
  /** A peer lives this long after its last announce. */
  readonly peerLifetimeSeconds: number;
  /**
   * A re-announce that says nothing new and comes sooner than this is not written. The peer's life is then counted from the announce before,
   * so this must be no longer than what the lifetime leaves beside the longest interval.
   */
  readonly unwrittenSeconds: number;
  /** A shard with more records than this splits. */
  readonly shardPeers: number;
  /** How long a shard that was read or written may be taken for its present state. */
  readonly warmMilliseconds: number;
  /** Bytes of shards to remember. */
  readonly warmBytes: number;
}

export interface SwarmComponents {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly rules: SwarmRules;
  /** A completed download was counted. */
  readonly onDownload?: () => void;
}

/** Which peers an announcing peer wants. */
export interface PeersWanted {
  readonly limit: number;
  readonly withIds: boolean;
}

export interface SwarmAnswer {
  readonly counts: PeerCounts;
  readonly peers: SelectedPeers;
}

/**
 * All swarms that peers announce to, as one process sees them.
 *
 * An announce touches the shard of its peer and, where the swarm has more, a few others for peers to return: its cost does
 * not grow with the swarm.
 */
export class Swarms {
  private readonly shards: WarmShards;
  private readonly router: ShardRouter;
  private readonly neighbours: Neighbours;
  private readonly views: SwarmViews;

  constructor(private readonly components: SwarmComponents) {
    const { rules, ...context } = components;
    this.shards = new WarmShards({ ...rules, ...context }, rules.warmBytes);
    this.router = new ShardRouter(this.shards, components.log);
    this.neighbours = new Neighbours(this.shards, components.random, components.log);
    this.views = new SwarmViews(components.random);
  }

  /**
   * Takes a peer's announcement; answers when it is stored, with peers to connect to.
   * The counts are exact if all shards of the swarm are at hand, else estimated from those that are.
   * @param log for what goes wrong with this announce alone; what several wait for goes to the log of all
   * @throws StoreError if it could not be stored
   */
  announce(announcement: Announcement, wanted: PeersWanted, log = this.components.log): Promise<SwarmAnswer> {
    const infohash = infohashKey(announcement.infohash);
    const operation = new AnnounceOperation(announcement, this.components.rules);
    const ask = (): Wanted => this.asked(announcement, operation.record, wanted);
    return this.router.visit(infohash, operation).then((arrival) => {
      if (!operation.countsDownload) return this.answer(infohash, arrival, ask);
      return this.countDownload(infohash, log).then(() =>
        this.answer(infohash, arrival, ask, this.present(infohash, ownNow(arrival))),
      );
    });
  }

  /** The peer is stored as counted by now: a failure here loses one download, where counting first would count it twice. */
  private async countDownload(infohash: string, log: Log): Promise<void> {
    try {
      await this.components.store.increment(infohash, 1);
      this.components.onDownload?.();
    } catch (cause) {
      log.error('download not counted', { infohash, cause });
    }
  }

  private asked({ event, state }: Announcement, self: Uint8Array, { limit, withIds }: PeersWanted): Wanted {
    const { clock, rules } = this.components;
    return {
      limit: event === 'stopped' ? 0 : limit,
      self,
      downloadersOnly: state === 'seeder',
      withIds,
      deadline: expiryDeadline(clock.now(), rules.peerLifetimeSeconds),
    };
  }

  /**
   * @param ask what is wanted now: peers expire while other shards are read
   * @param own the peer's own shard as it is by now
   */
  private answer(
    infohash: string,
    arrival: Arrival,
    ask: () => Wanted,
    own = ownNow(arrival),
  ): SwarmAnswer | Promise<SwarmAnswer> {
    const asked = ask();
    if (own.shard.header.depth === 0) {
      return {
        counts: countPeers(own.n, own.shard, asked.deadline),
        peers: selectPeers([own], asked, this.components.random),
      };
    }
    const { limit, deadline, downloadersOnly } = asked;
    const view = this.views.current(infohash, own, deadline);
    if (view !== undefined) return this.answerFrom(view, own, asked);
    const hasEnough = (found: readonly Source[]): boolean =>
      givableIn(found, downloadersOnly, deadline) >= limit;
    const sources = this.neighbours.around(infohash, own, hasEnough, readsLeft(arrival, limit));
    if (Array.isArray(sources)) return this.answerAfterLook(infohash, own, sources, asked);
    return sources.then((read) => {
      const present = this.present(infohash, ownNow(arrival));
      return this.answerAfterLook(infohash, present, [present, ...read.slice(1)], ask());
    });
  }

  /** @param sources the peer's own shard first */
  private answerAfterLook(
    infohash: string,
    own: Source,
    sources: readonly Source[],
    asked: Wanted,
  ): SwarmAnswer {
    const present = [own];
    for (let i = 1; i < sources.length; i++) {
      const source = this.present(infohash, sources[i] as Source);
      // Its peers went back to the shard that it was split off from.
      if (!source.shard.header.forwarding) present.push(source);
    }
    return this.answerFrom(this.views.look(infohash, present, asked.deadline), own, asked);
  }

  private answerFrom(view: SwarmView, own: Source, asked: Wanted): SwarmAnswer {
    const sources = view.sourcesFor(own, asked.limit, asked.downloadersOnly);
    return {
      counts: view.countsWith(own),
      peers: selectPeers(sources, asked, this.components.random),
    };
  }

  /**
   * A shard as it is by now: announces to it may have been stored and answered while another one was read. It may be about to be written without
   * the peers that were split off from it: those that are in shards of their own already may have left there.
   */
  private present(infohash: string, { n, shard }: Source): Source {
    const known = this.shards.peek(infohash, n)?.latest ?? shard;
    let { depth } = known.header;
    while (this.isThere(infohash, childOf(n, depth))) depth++;
    if (depth === known.header.depth) return { n, shard: known };
    return { n, shard: known.withHeader({ ...known.header, depth, strays: true }) };
  }

  private isThere(infohash: string, n: number): boolean {
    const shard = this.shards.peek(infohash, n)?.warm;
    return shard !== undefined && !shard.header.forwarding;
  }
}

/** The peer's own shard as it is by now: other announces to it may have been stored since, and have come here first. */
function ownNow({ n, lane, shard }: Arrival): Source {
  const { latest } = lane;
  return { n, shard: latest === undefined || latest.header.forwarding ? shard : latest };
}

function givableIn(sources: readonly Source[], downloadersOnly: boolean, deadline: number): number {
  let sum = 0;
  for (const { n, shard } of sources) sum += givable(countPeers(n, shard, deadline), downloadersOnly);
  return sum;
}

/** How many reads of the store an announce has left for other shards: a warm one has one, and one that wants no peers none. */
function readsLeft(arrival: Arrival, limit: number): number {
  if (limit === 0) return 0;
  return arrival.fetches === 0 ? 1 : Math.max(0, MOST_READS - arrival.fetches);
}

/** Reads of the store that a cold announce may take: with its write, four operations. */
const MOST_READS = 3;
