import type { Log } from '../../log.js';
import {
  ReadOperation,
  type Outcome,
  type PeerOperation,
  type ShardOperation,
} from '../operations/operation.js';
import { DropMovedOperation, movesOf, movesOfMisplaced, movesOfPeer } from '../operations/relocation.js';
import { owns } from '../shard/header.js';
import { parentOf, shardAt, shardKey } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';
import type { ShardCache } from './shard-cache.js';
import type { ReadMode, ShardWriter } from './shard-writer.js';

/** Shards that a walk visits before it gives up. */
const MAX_STEPS = 64;
/** How often in a row misplaced records are moved out of one shard. */
const MAX_ROUNDS = 16;
/** Swarms for which a depth is remembered. */
const MAX_DEPTHS = 10_000;

/** Where an operation was applied. */
export interface Routed {
  /** The writer of the shard that is responsible for the operation's peer. */
  readonly writer: Pick<ShardWriter, 'latest'>;
  /** The state of that shard afterwards; an empty shard if none is stored. */
  readonly shard: Shard;
  /** Reads of the store that it took to find it. */
  readonly fetches: number;
}

/**
 * Finds the shard that is responsible for a peer, by what the shards themselves say.
 *
 * It begins at the depth that one of the swarm's shards had when last seen: hashes spread evenly,
 * so most shards have that depth, or one more or less. A shard that is missing, or forwards, has
 * left its peers to its parent. A shard that split says how deep it is.
 */
export class ShardRouter {
  /**
   * First guesses: a depth lately seen in each swarm of several shards, longest unchanged first.
   */
  private readonly depths = new Map<string, number>();

  /** Keys of the shards that misplaced records are being moved out of right now. */
  private readonly clearing = new Set<string>();

  constructor(
    private readonly cache: ShardCache,
    private readonly log: Log,
  ) {}

  /**
   * Applies an operation at the shard that is responsible for its peer, and moves misplaced records
   * that it meets to where they belong.
   */
  visit(infohash: string, operation: PeerOperation): Promise<Routed> {
    const guess = this.depthOf(infohash);
    const number = shardAt(operation.hash, guess);
    if (operation.needsRecordsOf !== undefined) return this.walk(infohash, operation, number, undefined);
    // Most operations are done at the first shard: what the others need is not set up for them.
    const writer = this.cache.writer(infohash, number);
    return writer.submit(operation).then((outcome) => {
      const { kind, shard, fetches, shardsWithMisplaced } = outcome;
      if (kind !== 'done' || shardsWithMisplaced.length > 0) {
        return this.walk(infohash, operation, number, outcome);
      }
      if (shard.header.depth !== guess) this.rememberDepth(infohash, shard.header.depth);
      return { writer, shard, fetches };
    });
  }

  /**
   * @param number of the shard to begin at
   * @param first what became of the operation there, if it was there already
   */
  private async walk(
    infohash: string,
    operation: PeerOperation,
    number: number,
    first: Outcome | undefined,
  ): Promise<Routed> {
    const { hash, needsRecordsOf } = operation;
    if (needsRecordsOf !== undefined) await this.moveFromAbove(infohash, number, needsRecordsOf);
    /** Shards that have no misplaced records of the peer any more; only if that matters. */
    const cleared = needsRecordsOf === undefined ? undefined : new Set<number>();
    let fetches = 0;
    /** The child on the way to the peer, if it is known to be missing or forwarding. */
    let below: number | undefined;
    let readMode: ReadMode = 'cached';
    for (let step = 0; step < MAX_STEPS; step++) {
      if (needsRecordsOf !== undefined && number !== 0 && cleared?.has(parentOf(number)) === false) {
        // Another process may just have made this shard, and not have moved the peer here yet.
        const above = parentOf(number);
        const read = await this.cache.writer(infohash, above).submit(new ReadOperation(), 'fresh');
        fetches += read.fetches;
        await this.moveRecordsOf(infohash, read.shard, needsRecordsOf);
        cleared.add(above);
        if (owns(read.shard.header, hash)) {
          number = above;
          below = undefined;
          readMode = 'cached';
          continue;
        }
      }
      const writer = this.cache.writer(infohash, number);
      const outcome = first ?? (await writer.submit(operation, readMode));
      first = undefined;
      const { kind, shard } = outcome;
      fetches += outcome.fetches;
      for (const from of outcome.shardsWithMisplaced) await this.tryToMoveMisplaced(infohash, from);
      if (kind === 'elsewhere' && needsRecordsOf !== undefined) {
        // Somebody may be moving misplaced records already, but not have come to this peer's.
        await this.moveRecordsOf(infohash, shard, needsRecordsOf);
        cleared?.add(number);
      }
      if (kind === 'done') {
        if (readMode !== 'create' || !(await this.ownsNow(infohash, parentOf(number), hash))) {
          this.rememberDepth(infohash, shard.header.depth);
          return { writer, shard, fetches };
        }
        // The parent took this shard's peers back at the same time, so the peer belongs there.
        number = parentOf(number);
        below = undefined;
        readMode = 'cached';
      } else if (kind === 'absent' || kind === 'forwarding') {
        below = number;
        number = parentOf(number);
        readMode = 'cached';
      } else if (below === undefined) {
        number = shardAt(hash, shard.header.depth);
        readMode = 'cached';
      } else if (readMode !== 'fresh') {
        readMode = 'fresh';
      } else {
        // The parent has split, yet its child is not there: a store may for a while not find what
        // it holds. What is written there now is merged with it later.
        number = below;
        below = undefined;
        readMode = 'create';
      }
    }
    throw new Error(`no shard of ${infohash} takes the peers with hash ${hash}`);
  }

  /** Moves a peer's records out of the shards above one, where this process may have put them. */
  private async moveFromAbove(infohash: string, number: number, peerId: Uint8Array): Promise<void> {
    for (let above = number; above !== 0;) {
      above = parentOf(above);
      const shard = this.cache.peek(infohash, above)?.warm;
      if (shard !== undefined) await this.moveRecordsOf(infohash, shard, peerId);
    }
  }

  private async moveRecordsOf(infohash: string, shard: Shard, peerId: Uint8Array): Promise<void> {
    await allSettled(movesOfPeer(shard, peerId).map((move) => this.visit(infohash, move)));
  }

  private async ownsNow(infohash: string, number: number, hash: number): Promise<boolean> {
    const { shard } = await this.cache.writer(infohash, number).submit(new ReadOperation(), 'fresh');
    return owns(shard.header, hash);
  }

  /**
   * Makes sure that each record of a shard, or a newer one of its peer, is where it belongs. Reads,
   * and writes only what is missing.
   */
  async restore(infohash: string, shard: Shard): Promise<void> {
    await allSettled(movesOf(shard).map((move) => this.visit(infohash, move)));
  }

  /**
   * Applies an operation at one shard, whatever it is responsible for, and moves misplaced records
   * to where they belong.
   */
  async applyAt(
    infohash: string,
    number: number,
    operation: ShardOperation,
    readMode: ReadMode = 'cached',
  ): Promise<Shard> {
    const writer = this.cache.writer(infohash, number);
    const { shard, shardsWithMisplaced } = await writer.submit(operation, readMode);
    for (const from of shardsWithMisplaced) await this.moveMisplaced(infohash, from);
    return shard;
  }

  /** A first guess of how deep most shards of a swarm are. */
  depthOf(infohash: string): number {
    return this.depths.get(infohash) ?? 0;
  }

  /**
   * Deepens the guess by one at most. Peer ids made to fall into one shard split it as deep as it
   * goes, and a guess that deep would lead every other peer past many shards that are not there.
   */
  private rememberDepth(infohash: string, depth: number): void {
    const known = this.depthOf(infohash);
    const guess = Math.min(depth, known + 1);
    if (guess === known) return;
    this.depths.delete(infohash);
    if (guess === 0) return;
    this.depths.set(infohash, guess);
    if (this.depths.size > MAX_DEPTHS) {
      for (const oldest of this.depths.keys()) {
        this.depths.delete(oldest);
        break;
      }
    }
  }

  /** An operation does not fail for misplaced records of others: the next one tries again. */
  private async tryToMoveMisplaced(infohash: string, number: number): Promise<void> {
    try {
      await this.moveMisplaced(infohash, number);
    } catch (cause) {
      this.log.warn('misplaced peers not moved', { key: shardKey(infohash, number), cause });
    }
  }

  /**
   * Moves records to where they belong, and only then drops them here. Nobody waits for a move that
   * is under way already, as two shards may be moving records to each other; who moves them goes on
   * until none is left.
   */
  private async moveMisplaced(infohash: string, number: number): Promise<void> {
    const key = shardKey(infohash, number);
    if (this.clearing.has(key)) return;
    this.clearing.add(key);
    /** Shards that the drop split off, where others had put records for shards further down. */
    const more = new Set<number>();
    try {
      const writer = this.cache.writer(infohash, number);
      let { shard } = await writer.submit(new ReadOperation());
      // While they are moved, others may put more of them here.
      for (let round = 0; shard.header.misplaced && round < MAX_ROUNDS; round++) {
        await allSettled(movesOfMisplaced(shard).map((move) => this.visit(infohash, move)));
        const dropped = await writer.submit(new DropMovedOperation(shard));
        for (const from of dropped.shardsWithMisplaced) more.add(from);
        shard = dropped.shard;
      }
    } finally {
      this.clearing.delete(key);
    }
    more.delete(number);
    for (const from of more) await this.moveMisplaced(infohash, from);
  }
}

/** Waits for all, then fails if one did: nothing goes on after the caller was answered. */
async function allSettled(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
