import type { Random } from '../../environment.js';
import type { Log } from '../../log.js';
import type { ShardCache } from '../cache/shard-cache.js';
import { FindOperation } from '../operations/operation.js';
import { coverage, shardAt } from '../shard/placement.js';
import type { Shard } from '../shard/shard.js';

/** Shards that are looked at to count a swarm, at most: of a larger swarm a random sample. */
export const SAMPLE_SHARDS = 16;
/** Swarms of which the shards lately read are remembered. */
const MAX_SWARMS = 10_000;

/** Whether shards have the peers that are wanted. */
export type HasEnough = (shards: readonly Shard[]) => boolean;

/**
 * The shards of large swarms that an announce takes peers and counts from, beside its peer's own:
 * those that this process read lately, and one random one more. So the sample changes all the time,
 * yet most announces read none (SwarmViews asks now and then).
 */
export class Neighbours {
  /** Numbers of shards lately read, by swarm of several shards. Oldest entry first. */
  private readonly lately = new Map<string, number[]>();

  constructor(
    private readonly cache: ShardCache,
    private readonly random: Random,
    private readonly log: Log,
  ) {}

  /**
   * The peer's own shard, then warm other ones in random order, after up to `reads` reads of the
   * store for more of them; a promise only if there is something to read. It never rejects: what
   * cannot be read is left out, as the announce is stored already.
   * @param hasEnough asked before the second read and each one after it
   */
  around(infohash: string, own: Shard, hasEnough: HasEnough, reads: number): Shard[] | Promise<Shard[]> {
    const shards: Shard[] = [own];
    if (own.header.depth === 0) return shards;
    let numbers = this.lately.get(infohash);
    if (numbers === undefined) {
      numbers = [];
      this.lately.set(infohash, numbers);
      this.forgetOldest();
    }
    this.addWarm(infohash, numbers, shards);
    if (covered(shards) >= 1) return shards;
    if (shards.length >= SAMPLE_SHARDS) {
      // A new shard replaces an old one: else those read first would feed the whole swarm.
      if (reads === 0) return shards;
      const oldest = numbers.shift();
      const at = shards.findIndex(({ number }) => number === oldest && number !== own.number);
      shards.splice(at < 0 ? shards.length - 1 : at, 1);
      reads = 1;
    }
    return reads === 0 ? shards : this.withMore(infohash, own, numbers, shards, hasEnough, reads);
  }

  private async withMore(
    infohash: string,
    own: Shard,
    numbers: number[],
    shards: Shard[],
    hasEnough: HasEnough,
    reads: number,
  ): Promise<Shard[]> {
    for (let read = 0; read < reads && (read === 0 || !hasEnough(shards)); read++) {
      if (shards.length >= SAMPLE_SHARDS || covered(shards) >= 1) break;
      try {
        await this.readOther(infohash, own, numbers, shards);
      } catch (cause) {
        this.log.warn('neighbour not read', { infohash, cause });
        break;
      }
    }
    return shards;
  }

  /** Adds the warm shards, beginning at a random one, and forgets the numbers of the others. */
  private addWarm(infohash: string, numbers: number[], found: Shard[]): void {
    const [own] = found;
    const shards = this.cache.warm(infohash, numbers);
    const { length } = numbers;
    const start = Math.floor(this.random() * length);
    for (let i = 0; i < length; i++) {
      const at = i + start < length ? i + start : i + start - length;
      const shard = shards[at];
      if (shard === undefined || shard.header.forwarding || shard.number === own?.number) continue;
      if (found.length < SAMPLE_SHARDS) found.push(shard);
    }
    let kept = 0;
    for (const shard of shards) {
      if (shard !== undefined && !shard.header.forwarding) numbers[kept++] = shard.number;
    }
    numbers.length = kept;
  }

  /**
   * Reads one random shard, at the depth of the peer's own. It may be missing, which is worth no
   * second read. If one of the shards at hand is that one, and deeper, its sibling is read.
   */
  private async readOther(infohash: string, own: Shard, numbers: number[], shards: Shard[]): Promise<void> {
    const hash = this.hashOutside(shards);
    if (hash === undefined) return;
    let number = shardAt(hash, own.header.depth);
    const deeper = shards.find((shard) => shard.number === number);
    if (deeper !== undefined) number = shardAt(hash, deeper.header.depth);
    if (shards.some((shard) => shard.number === number)) return;
    const { kind, shard } = await this.cache.writer(infohash, number).submit(new FindOperation(hash));
    if (kind === 'absent' || kind === 'forwarding') return;
    shards.splice(1, 0, shard);
    if (!numbers.includes(number)) numbers.push(number);
    if (numbers.length > SAMPLE_SHARDS) numbers.shift();
  }

  /** A random hash that none of the shards is responsible for, if a few tries find one. */
  private hashOutside(shards: readonly Shard[]): number | undefined {
    for (let attempt = 0; attempt < 8; attempt++) {
      const hash = Math.floor(this.random() * 2 ** 32);
      if (!shards.some(({ number, header }) => shardAt(hash, header.depth) === number)) return hash;
    }
    return undefined;
  }

  private forgetOldest(): void {
    if (this.lately.size <= MAX_SWARMS) return;
    for (const oldest of this.lately.keys()) {
      this.lately.delete(oldest);
      return;
    }
  }
}

/** The share of a swarm that these shards cover; 1: all of it. */
export function covered(shards: readonly Shard[]): number {
  let sum = 0;
  for (const { header } of shards) sum += coverage(header.depth);
  return sum;
}
