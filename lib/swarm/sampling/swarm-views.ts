import type { Random } from '../../environment.js';
import {
  addCounts,
  countPeers,
  extrapolate,
  givable,
  NO_PEERS,
  subtractCounts,
  type PeerCounts,
} from '../shard/counts.js';
import { SAMPLE_SHARDS } from './neighbours.js';
import { coverage, shardAt } from '../shard/placement.js';
import type { Source } from './selection.js';

/**
 * What this process sees of swarms of several shards, each looked at once in a second. The many announces of a large swarm then look at the
 * shard of their own peer and at those that they take peers from, not at sixteen.
 *
 * All views are of the same second, and gone with it: peers expire by the second, and nothing is kept for swarms that nobody announces to.
 */
export class SwarmViews {
  private deadline = NaN;
  /** Undefined: the swarm was looked at once. */
  private readonly views = new Map<string, SwarmView | undefined>();

  constructor(private readonly random: Random) {}

  /**
   * The view of a swarm, with a shard as it is now. Undefined if the swarm has to be looked at: in this second it was not yet, or not at
   * enough of it, or it has other shards now, or it is time for other ones of a large swarm.
   * @param own a shard that was just written
   */
  current(infohash: string, own: Source, deadline: number): SwarmView | undefined {
    if (deadline !== this.deadline) this.forget(deadline);
    const view = this.views.get(infohash);
    if (view === undefined) return undefined;
    if (!view.update(own)) {
      // Nor is it one for the announces to its other shards: it has peers as they were before this shard split.
      this.views.set(infohash, undefined);
      return undefined;
    }
    if (view.isWhole) return view;
    return this.random() * ANNOUNCES_PER_LOOK < 1 ? undefined : view;
  }

  /**
   * A view of these shards, which is kept if they are the whole swarm or as many as are ever looked at, and if it is not the first of its second: of
   * most swarms nobody asks for another one, and shards that are kept for a second in vain are more work for the garbage collector than all else.
   */
  look(infohash: string, sources: readonly Source[], deadline: number): SwarmView {
    if (deadline !== this.deadline) this.forget(deadline);
    const view = new SwarmView(sources, deadline, this.random);
    if (view.isWhole || sources.length >= SAMPLE_SHARDS) {
      this.views.set(infohash, this.views.has(infohash) ? view : undefined);
    }
    return view;
  }

  private forget(deadline: number): void {
    this.deadline = deadline;
    this.views.clear();
  }
}

/**
 * Some shards of a swarm, and what they add up to. Announces share it, and several may be between its update and their reply: so it remembers
 * nothing of the one that asks, who says each time which shard is its own.
 */
export class SwarmView {
  private readonly sources: Source[];
  private readonly known: PeerCounts[];
  private sum = NO_PEERS;
  private readonly covered: number = 0;
  /** Nobody has taken peers from it yet: whoever looked gets those of the shard that was just read, which is one of the first. */
  private isFresh = true;

  constructor(
    sources: readonly Source[],
    private readonly deadline: number,
    private readonly random: Random,
  ) {
    this.sources = [...sources];
    this.known = sources.map(({ n, shard }) => countPeers(n, shard, deadline));
    for (const [i, { shard }] of sources.entries()) {
      this.sum = addCounts(this.sum, this.known[i] ?? NO_PEERS);
      this.covered += coverage(shard.header.depth);
    }
  }

  /** Whether it is the whole swarm; by a split seen half-way it may be more. */
  get isWhole(): boolean {
    return this.covered >= 1;
  }

  /** Takes a shard as it is now. False if it does not fit in: the swarm has other shards by now. */
  update(own: Source): boolean {
    for (let i = 0; i < this.sources.length; i++) {
      const before = this.sources[i];
      if (before === undefined) continue;
      if (before.n !== own.n) {
        if (overlap(before, own)) return false;
        continue;
      }
      if (before.shard.header.depth !== own.shard.header.depth) return false;
      const counts = countPeers(own.n, own.shard, this.deadline);
      this.sum = addCounts(subtractCounts(this.sum, this.known[i] ?? NO_PEERS), counts);
      this.known[i] = counts;
      this.sources[i] = own;
      return true;
    }
    return !this.isWhole;
  }

  /** Exact if it is the whole swarm, else estimated. @param own the shard of the peer that asks, in the view or beside it */
  countsWith(own: Source): PeerCounts {
    if (this.has(own)) return extrapolate(this.sum, this.covered);
    const counts = addCounts(this.sum, countPeers(own.n, own.shard, this.deadline));
    return extrapolate(counts, this.covered + coverage(own.shard.header.depth));
  }

  /**
   * Shards for a reply of so many peers: two, any of them as likely as any other, and more until they have enough that may be given. Of a swarm of
   * which this is a part the peer's own shard is one of three or more: that is where all other shards get into replies.
   * @param own the shard of the peer that asks, in the view or beside it
   */
  sourcesFor(own: Source, peers: number, downloadersOnly: boolean): Source[] {
    const { sources, known } = this;
    const chosen: Source[] = [];
    let fewest = 2;
    let found = 0;
    if (!this.has(own)) {
      chosen.push(own);
      fewest = 3;
      found = givable(countPeers(own.n, own.shard, this.deadline), downloadersOnly);
    }
    let at = this.isFresh && !this.isWhole ? 0 : Math.floor(this.random() * sources.length);
    this.isFresh = false;
    for (let i = 0; i < sources.length; i++, at++) {
      if (at === sources.length) at = 0;
      if (chosen.length >= fewest && found >= peers * CHOICE) break;
      const source = sources[at];
      if (source === undefined) continue;
      chosen.push(source);
      found += givable(known[at] ?? NO_PEERS, downloadersOnly);
    }
    return chosen;
  }

  private has({ n }: Source): boolean {
    for (const source of this.sources) if (source.n === n) return true;
    return false;
  }
}

/** Whether one of two shards was split off from the other, directly or not, since that was as it is here. */
function overlap(a: Source, b: Source): boolean {
  const depth = Math.min(a.shard.header.depth, b.shard.header.depth);
  return shardAt(a.n, depth) === shardAt(b.n, depth);
}

/** How often an announce to a swarm of more shards than are looked at has them looked at again, so that they change. */
const ANNOUNCES_PER_LOOK = 4;

/** Peers to choose from for each of a reply: some are the peer itself or have an endpoint that is given already, and replies are to differ. */
const CHOICE = 2;
