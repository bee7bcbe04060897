import type { Random } from '../../environment.js';
import {
  addCounts,
  countPeers,
  extrapolate,
  NO_PEERS,
  returnable,
  subtractCounts,
  type PeerCounts,
} from '../shard/counts.js';
import type { RecordLayout } from '../shard/peer-record.js';
import { coverage, shardAt } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import { SAMPLE_SHARDS } from './neighbours.js';

/** Of a swarm with more shards than a view has, every so many announces look at other ones. */
const ANNOUNCES_PER_LOOK = 4;
/**
 * Peers to choose from for each one of a reply: some are the peer itself or share an endpoint, and
 * replies are to differ.
 */
const CHOICE = 2;

/**
 * What this process sees of swarms of several shards, each looked at once in a second. So the many
 * announces of a large swarm read the shard of their own peer and those they take peers from, not
 * sixteen.
 *
 * All views are of the same second, and are dropped with it: peers expire by the second, and
 * nothing is kept for swarms that nobody announces to.
 */
export class SwarmViews {
  private expiryCutoff = NaN;
  /** Undefined: the swarm was looked at once. */
  private readonly views = new Map<string, SwarmView | undefined>();

  constructor(private readonly random: Random) {}

  /**
   * The view of a swarm, with a shard as it is now. Undefined if the swarm is to be looked at:
   * there is no view of this second, or the swarm has other shards now, or it is time to look at
   * other shards of a large swarm.
   * @param own a shard that was just written
   */
  current(infohash: string, own: Shard, expiryCutoff: number): SwarmView | undefined {
    if (expiryCutoff !== this.expiryCutoff) this.forget(expiryCutoff);
    const view = this.views.get(infohash);
    if (view === undefined) return undefined;
    if (!view.update(own)) {
      // Other announces must not use it either: it has peers as they were before this shard split.
      this.views.set(infohash, undefined);
      return undefined;
    }
    if (view.isWhole) return view;
    return this.random() * ANNOUNCES_PER_LOOK < 1 ? undefined : view;
  }

  /**
   * A view of these shards. It is kept if they are the whole swarm or SAMPLE_SHARDS, from the
   * second look of a second on: most swarms are looked at once, and shards that are kept for a
   * second in vain cost the garbage collector more than all else.
   */
  look(infohash: string, shards: readonly Shard[], expiryCutoff: number): SwarmView {
    if (expiryCutoff !== this.expiryCutoff) this.forget(expiryCutoff);
    const view = new SwarmView(shards, expiryCutoff, this.random);
    if (view.isWhole || shards.length >= SAMPLE_SHARDS) {
      this.views.set(infohash, this.views.has(infohash) ? view : undefined);
    }
    return view;
  }

  private forget(expiryCutoff: number): void {
    this.expiryCutoff = expiryCutoff;
    this.views.clear();
  }
}

/**
 * Some shards of a swarm, and the sum of their counts. Announces share it, and several may be
 * between its update and their reply. So it knows nothing of who asks: each says which shard is its
 * own.
 */
export class SwarmView {
  private readonly shards: Shard[];
  private readonly counts: PeerCounts[];
  private sum = NO_PEERS;
  private readonly covered: number = 0;
  /** No reply was drawn from it yet: the first one begins at the shard that was just read. */
  private isFresh = true;

  constructor(
    shards: readonly Shard[],
    private readonly expiryCutoff: number,
    private readonly random: Random,
  ) {
    this.shards = [...shards];
    this.counts = shards.map((shard) => countPeers(shard, expiryCutoff));
    for (const counts of this.counts) this.sum = addCounts(this.sum, counts);
    for (const { header } of shards) this.covered += coverage(header.depth);
  }

  /** Whether it is the whole swarm; by a split seen half-way it may be more. */
  get isWhole(): boolean {
    return this.covered >= 1;
  }

  /** Takes a shard as it is now. False if it does not fit in: the swarm has other shards by now. */
  update(own: Shard): boolean {
    for (let i = 0; i < this.shards.length; i++) {
      const before = this.shards[i];
      if (before === undefined) continue;
      if (before.number !== own.number) {
        if (overlap(before, own)) return false;
        continue;
      }
      if (before.header.depth !== own.header.depth) return false;
      const counts = countPeers(own, this.expiryCutoff);
      this.sum = addCounts(subtractCounts(this.sum, this.counts[i] ?? NO_PEERS), counts);
      this.counts[i] = counts;
      this.shards[i] = own;
      return true;
    }
    return !this.isWhole;
  }

  /**
   * Counts of the swarm: exact if the view is all of it, else estimated.
   * @param own the shard of the peer that asks, in the view or beside it
   */
  countsWith(own: Shard): PeerCounts {
    if (this.has(own)) return extrapolate(this.sum, this.covered);
    const counts = addCounts(this.sum, countPeers(own, this.expiryCutoff));
    return extrapolate(counts, this.covered + coverage(own.header.depth));
  }

  /**
   * Shards to draw a reply of so many peers from: two, each as likely as any other, and more until
   * they have enough returnable peers, or enough of the family that comes first. If the view is a
   * part of the swarm, the peer's own shard is one of three or more: so all other shards get into
   * replies.
   * @param own the shard of the peer that asks, in the view or beside it
   * @param layout of the family that comes first
   */
  shardsFor(own: Shard, peers: number, downloadersOnly: boolean, layout: RecordLayout): Shard[] {
    const { shards, counts } = this;
    const chosen: Shard[] = [];
    let min = 2;
    let found = 0;
    let foundOfFamily = 0;
    if (!this.has(own)) {
      chosen.push(own);
      min = 3;
      found = returnable(countPeers(own, this.expiryCutoff), downloadersOnly);
      foundOfFamily = Math.min(found, own.countOf(layout));
    }
    let at = this.isFresh && !this.isWhole ? 0 : Math.floor(this.random() * shards.length);
    this.isFresh = false;
    for (let i = 0; i < shards.length; i++, at++) {
      if (at === shards.length) at = 0;
      const shard = shards[at];
      if (shard === undefined) continue;
      const ofFamily = shard.countOf(layout);
      if (chosen.length >= min && found >= peers * CHOICE) {
        if (foundOfFamily >= peers) break;
        if (ofFamily === 0) continue;
      }
      chosen.push(shard);
      const more = returnable(counts[at] ?? NO_PEERS, downloadersOnly);
      found += more;
      foundOfFamily += Math.min(more, ofFamily);
    }
    return chosen;
  }

  private has({ number }: Shard): boolean {
    for (const shard of this.shards) if (shard.number === number) return true;
    return false;
  }
}

/**
 * Whether one of two shards was split off from the other, directly or not, since it was as here.
 */
function overlap(a: Shard, b: Shard): boolean {
  const depth = Math.min(a.header.depth, b.header.depth);
  return shardAt(a.number, depth) === shardAt(b.number, depth);
}
