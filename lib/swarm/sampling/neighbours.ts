import type { Random } from '../../environment.js';
import type { Log } from '../../log.js';
import { ReadOperation } from '../operations/operation.js';
import { coverage, shardAt } from '../shard/placement.js';
import type { Source } from './selection.js';
import type { WarmShards } from '../cache/shard-cache.js';

/** No more shards than this are looked at to count a swarm: all of a swarm up to 16, a random sample of a larger one. */
export const SAMPLE_SHARDS = 16;

/**
 * The other shards of large swarms that an announce takes peers and counts from, beside its peer's own: those that this process read lately, and
 * a random one more. So whoever asks now and then (SwarmViews) sees others all the time, yet most announces read none.
 */
export class Neighbours {
  /** Numbers of shards lately read, by swarm; those with one shard have no entry. Oldest entry first. */
  private readonly lately = new Map<string, number[]>();

  constructor(
    private readonly shards: WarmShards,
    private readonly random: Random,
    private readonly log: Log,
  ) {}

  /**
   * The peer's own shard and warm other ones, in random order, after up to `reads` reads of the store for more of them; a promise only
   * if there is something to read. It never rejects: what cannot be read is left out, as the announce is stored already.
   * @param hasEnough whether sources have the peers that are wanted: one read is always worth it, more only for want of peers
   */
  around(infohash: string, own: Source, hasEnough: HasEnough, reads: number): Source[] | Promise<Source[]> {
    const sources: Source[] = [own];
    if (own.shard.header.depth === 0) return sources;
    let numbers = this.lately.get(infohash);
    if (numbers === undefined) {
      numbers = [];
      this.lately.set(infohash, numbers);
      this.forgetOldest();
    }
    this.addWarm(infohash, numbers, sources);
    if (covered(sources) >= 1) return sources;
    if (sources.length >= SAMPLE_SHARDS) {
      // A new shard takes the place of an old one: else those read first would feed the whole swarm.
      if (reads === 0) return sources;
      const oldest = numbers.shift();
      const at = sources.findIndex(({ n }) => n === oldest && n !== own.n);
      sources.splice(at < 0 ? sources.length - 1 : at, 1);
      reads = 1;
    }
    return reads === 0 ? sources : this.withMore(infohash, own, numbers, sources, hasEnough, reads);
  }

  private async withMore(
    infohash: string,
    own: Source,
    numbers: number[],
    sources: Source[],
    hasEnough: HasEnough,
    reads: number,
  ): Promise<Source[]> {
    for (let read = 0; read < reads && (read === 0 || !hasEnough(sources)); read++) {
      if (sources.length >= SAMPLE_SHARDS || covered(sources) >= 1) break;
      try {
        await this.readOther(infohash, own, numbers, sources);
      } catch (cause) {
        this.log.warn('neighbour not read', { infohash, cause });
        break;
      }
    }
    return sources;
  }

  /** Adds what is warm to the sources, beginning anywhere, and drops what is not from the numbers. */
  private addWarm(infohash: string, numbers: number[], sources: Source[]): void {
    const [own] = sources;
    const shards = this.shards.warm(infohash, numbers);
    const { length } = numbers;
    const turn = Math.floor(this.random() * length);
    for (let i = 0; i < length; i++) {
      const at = i + turn < length ? i + turn : i + turn - length;
      const n = numbers[at];
      const shard = shards[at];
      if (shard === undefined || shard.header.forwarding || n === undefined || n === own?.n) continue;
      if (sources.length < SAMPLE_SHARDS) sources.push({ n, shard });
    }
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const shard = shards[i];
      const n = numbers[i];
      if (shard !== undefined && !shard.header.forwarding && n !== undefined) numbers[kept++] = n;
    }
    numbers.length = kept;
  }

  /**
   * Reads one random shard, at the depth of the peer's own: it may be missing, which is worth no second read. If one of the sources is there
   * and deeper, the shard beside that one.
   */
  private async readOther(
    infohash: string,
    own: Source,
    numbers: number[],
    sources: Source[],
  ): Promise<void> {
    const hash = this.hashOutside(sources);
    if (hash === undefined) return;
    let n = shardAt(hash, own.shard.header.depth);
    const deeper = sources.find((source) => source.n === n);
    if (deeper !== undefined) n = shardAt(hash, deeper.shard.header.depth);
    if (sources.some((source) => source.n === n)) return;
    const { kind, shard } = await this.shards.lane(infohash, n).submit(new ReadOperation(hash));
    if (kind === 'absent' || kind === 'forwarding') return;
    sources.splice(1, 0, { n, shard });
    if (!numbers.includes(n)) numbers.push(n);
    if (numbers.length > SAMPLE_SHARDS) numbers.shift();
  }

  /** A random hash that none of the sources is responsible for, if a few tries find one. */
  private hashOutside(sources: readonly Source[]): number | undefined {
    for (let attempt = 0; attempt < 8; attempt++) {
      const hash = Math.floor(this.random() * 2 ** 32);
      if (!sources.some(({ n, shard }) => shardAt(hash, shard.header.depth) === n)) return hash;
    }
    return undefined;
  }

  private forgetOldest(): void {
    if (this.lately.size <= MOST_SWARMS) return;
    for (const oldest of this.lately.keys()) {
      this.lately.delete(oldest);
      return;
    }
  }
}

const MOST_SWARMS = 10_000;

/** The share of a swarm that its shards at hand cover, 1 if they are all. */
export function covered(sources: readonly Source[]): number {
  let sum = 0;
  for (const { shard } of sources) sum += coverage(shard.header.depth);
  return sum;
}

export type HasEnough = (sources: readonly Source[]) => boolean;
