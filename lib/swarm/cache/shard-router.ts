import type { Log } from '../../log.js';
import { ReadOperation, type Landing, type PeerOperation, type ShardOperation } from '../operations/operation.js';
import { parentOf, shardAt, shardKey } from '../shard/placement.js';
import { ForgetStraysOperation, movesOf, movesOfPeer, straysOf } from '../operations/relocation.js';
import { owns } from '../shard/header.js';
import type { Shard } from '../shard/shard.js';
import type { Footing, ShardLane } from './shard-writer.js';
import type { WarmShards } from './shard-cache.js';

/** Where an operation ended. */
export interface Arrival {
  /** The shard that is responsible for the operation's peer. */
  readonly n: number;
  /** What this process remembers of the shard from then on. */
  readonly lane: Pick<ShardLane, 'latest'>;
  /** Its state afterwards; an empty shard if nothing is held. */
  readonly shard: Shard;
  /** Reads of the store that it took to find it. */
  readonly fetches: number;
}

/**
 * Finds the shard that is responsible for a peer, with what the shards themselves say.
 *
 * It begins at the depth that one of the swarm's shards had when last seen: as hashes spread evenly, most shards have it, or one
 * more or less. A shard that is not there, or forwards, has left its peers to its parent; a shard that split says how deep it is.
 */
export class ShardRouter {
  /** A depth lately seen in each swarm of more than one shard, longest unchanged first. Only a first guess. */
  private readonly depths = new Map<string, number>();

  /** The shards that strays are being moved out of right now. */
  private readonly clearing = new Set<string>();

  constructor(
    private readonly shards: WarmShards,
    private readonly log: Log,
  ) {}

  /**
   * Applies an operation at the shard that is responsible for its peer, and moves what does not belong there to where it does.
   */
  visit(infohash: string, operation: PeerOperation): Promise<Arrival> {
    const guess = this.depthOf(infohash);
    const n = shardAt(operation.hash, guess);
    if (operation.looksBackOn !== undefined) return this.walk(infohash, operation, n, undefined);
    // Most operations are done at the first shard: what the others need is not set up for them.
    const lane = this.shards.lane(infohash, n);
    return lane.submit(operation).then((landing) => {
      const { kind, shard, fetches, withStrays } = landing;
      if (kind !== 'done' || withStrays.length > 0) return this.walk(infohash, operation, n, landing);
      if (shard.header.depth !== guess) this.remember(infohash, shard.header.depth);
      return { n, lane, shard, fetches };
    });
  }

  /** @param first how the operation fared at shard n, if it was there already */
  private async walk(
    infohash: string,
    operation: PeerOperation,
    n: number,
    first: Landing | undefined,
  ): Promise<Arrival> {
    const { hash, looksBackOn } = operation;
    if (looksBackOn !== undefined) await this.bringFromAbove(infohash, n, looksBackOn);
    /** Shards that were read since, and have no records of the peer that belong elsewhere; only if that matters. */
    const cleared = looksBackOn === undefined ? undefined : new Set<number>();
    let fetches = 0;
    /** The shard right below n on the way to the peer, if it is known to be missing or forwarding. */
    let below: number | undefined;
    let footing: Footing = 'remembered';
    for (let step = 0; step < MOST_STEPS; step++) {
      if (looksBackOn !== undefined && n !== 0 && cleared?.has(parentOf(n)) === false) {
        // Another process may have made this shard a moment ago, and not have come to move the peer here from the one above.
        const above = parentOf(n);
        const looked = await this.shards.lane(infohash, above).submit(new ReadOperation(undefined), 'fresh');
        fetches += looked.fetches;
        await this.bring(infohash, looked.shard, looksBackOn);
        cleared.add(above);
        if (owns(looked.shard.header, above, hash)) {
          n = above;
          below = undefined;
          footing = 'remembered';
          continue;
        }
      }
      const lane = this.shards.lane(infohash, n);
      const landing = first ?? (await lane.submit(operation, footing));
      first = undefined;
      const { kind, shard } = landing;
      fetches += landing.fetches;
      for (const straying of landing.withStrays) await this.tryToMoveStrays(infohash, straying);
      if (kind === 'elsewhere' && looksBackOn !== undefined) {
        // Somebody may be moving them already, but not have come to these.
        await this.bring(infohash, shard, looksBackOn);
        cleared?.add(n);
      }
      if (kind === 'done') {
        if (footing !== 'create' || !(await this.ownsNow(infohash, parentOf(n), hash))) {
          this.remember(infohash, shard.header.depth);
          return { n, lane, shard, fetches };
        }
        // The parent took this shard back at the same time, so the peer belongs there after all.
        n = parentOf(n);
        below = undefined;
        footing = 'remembered';
      } else if (kind === 'absent' || kind === 'forwarding') {
        below = n;
        n = parentOf(n);
        footing = 'remembered';
      } else if (below === undefined) {
        n = shardAt(hash, shard.header.depth);
        footing = 'remembered';
      } else if (footing !== 'fresh') {
        footing = 'fresh';
      } else {
        // The parent has split, yet its child is not there: a store may for a while not find what it holds. What is written
        // there now is merged with it later.
        n = below;
        below = undefined;
        footing = 'create';
      }
    }
    throw new Error(`no shard of ${infohash} takes the peers with hash ${hash}`);
  }

  /** Moves a peer's records to where they belong from where this process remembers to have put them, before it knew of splits since. */
  private async bringFromAbove(infohash: string, n: number, peerId: Uint8Array): Promise<void> {
    for (let above = n; above !== 0;) {
      above = parentOf(above);
      const shard = this.shards.peek(infohash, above)?.warm;
      if (shard !== undefined) await this.bring(infohash, shard, peerId);
    }
  }

  private async bring(infohash: string, shard: Shard, peerId: Uint8Array): Promise<void> {
    await allSettled(movesOfPeer(shard, peerId).map((move) => this.visit(infohash, move)));
  }

  private async ownsNow(infohash: string, n: number, hash: number): Promise<boolean> {
    const { shard } = await this.shards.lane(infohash, n).submit(new ReadOperation(undefined), 'fresh');
    return owns(shard.header, n, hash);
  }

  /** Sees to it that every record of a shard, or a newer one of its peer, is where it belongs: reads, and writes only what is missing. */
  async restore(infohash: string, shard: Shard): Promise<void> {
    await allSettled(movesOf(shard).map((move) => this.visit(infohash, move)));
  }

  /** Applies an operation at one shard, whatever it is responsible for, and moves what does not belong there to where it does. */
  async applyAt(
    infohash: string,
    n: number,
    operation: ShardOperation,
    footing: Footing = 'remembered',
  ): Promise<Shard> {
    const { shard, withStrays } = await this.shards.lane(infohash, n).submit(operation, footing);
    for (const straying of withStrays) await this.moveStrays(infohash, straying);
    return shard;
  }

  /** A first guess of how deep most shards of a swarm are. */
  depthOf(infohash: string): number {
    return this.depths.get(infohash) ?? 0;
  }

  /**
   * One deep shard deepens the guess by one only: peer ids made to fall into one shard split it as deep as it goes, and a guess that deep
   * would send every other peer up a long way from shards that are not there.
   */
  private remember(infohash: string, depth: number): void {
    const known = this.depthOf(infohash);
    const guess = Math.min(depth, known + 1);
    if (guess === known) return;
    this.depths.delete(infohash);
    if (guess === 0) return;
    this.depths.set(infohash, guess);
    if (this.depths.size > MOST_DEPTHS) {
      for (const oldest of this.depths.keys()) {
        this.depths.delete(oldest);
        break;
      }
    }
  }

  /** Who only comes by does not fail for the strays of others: they stay here, and whoever comes next tries again. */
  private async tryToMoveStrays(infohash: string, n: number): Promise<void> {
    try {
      await this.moveStrays(infohash, n);
    } catch (cause) {
      this.log.warn('strays not moved', { key: shardKey(infohash, n), cause });
    }
  }

  /**
   * Moves records to where they belong and only then drops them here. Nobody waits for a move that is under way already, as two shards may be
   * moving records to each other; who moves them goes on until none is left.
   */
  private async moveStrays(infohash: string, n: number): Promise<void> {
    const key = shardKey(infohash, n);
    if (this.clearing.has(key)) return;
    this.clearing.add(key);
    try {
      const lane = this.shards.lane(infohash, n);
      let { shard } = await lane.submit(new ReadOperation(undefined));
      // While they are moved, others may put more of them here.
      for (let round = 0; shard.header.strays && round < MOST_ROUNDS; round++) {
        await allSettled(straysOf(n, shard).map((move) => this.visit(infohash, move)));
        ({ shard } = await lane.submit(new ForgetStraysOperation(n, shard)));
      }
    } finally {
      this.clearing.delete(key);
    }
  }
}

/** Waits for all, then fails if one did: nothing goes on behind the back of who asked. */
async function allSettled(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

const MOST_STEPS = 64;
const MOST_ROUNDS = 16;
const MOST_DEPTHS = 10_000;
