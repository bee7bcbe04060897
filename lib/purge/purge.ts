import type { KeyRange } from '../store/store.js';
import { parseShardKey } from '../swarm/shard/placement.js';
import { emptySummary, type PurgeSummary } from './summary.js';
import { SwarmPurge, type SwarmPurgeComponents } from './swarm-purge.js';

/** After an infohash it sorts behind all shards of that swarm, and before every other infohash. */
const AFTER_SHARDS = '/';

export interface PurgeOptions {
  /** How many swarms are cleaned at once. */
  readonly parallelism: number;
  /** When this slice is to stop, milliseconds from its start. */
  readonly budgetMilliseconds: number;
  /** Keys listed at once. */
  readonly pageKeys: number;
}

/** Where a purge stands between two slices. Plain data: it can go to another process. */
export interface PurgeState {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What is still to be done. */
  readonly ranges: readonly KeyRange[];
  readonly summary: PurgeSummary;
  /** Milliseconds that slices took so far. */
  readonly spentMilliseconds: number;
}

/** A purge that has everything still to do. */
export function newPurge(now: number): PurgeState {
  return { startedAt: now, ranges: allRanges(), summary: emptySummary(), spentMilliseconds: 0 };
}

/**
 * Runs one slice of a purge: cleans swarms until all are done or the time is spent. A purge drops
 * only what has expired, so it may break off anywhere, begin again, or run twice at once.
 * @returns the state afterwards; the purge is done when no ranges are left
 * @throws StoreError if keys cannot be listed; go on from `state`
 */
export async function purgeSlice(
  components: SwarmPurgeComponents,
  state: PurgeState,
  options: PurgeOptions,
): Promise<PurgeState> {
  const { clock } = components;
  const start = clock.now();
  const slice = new Slice(components, state, options, start + options.budgetMilliseconds);
  const workers = await Promise.allSettled(Array.from({ length: options.parallelism }, () => slice.work()));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return {
    startedAt: state.startedAt,
    ranges: slice.ranges,
    summary: slice.summary,
    spentMilliseconds: state.spentMilliseconds + clock.now() - start,
  };
}

class Slice {
  readonly ranges: KeyRange[];
  readonly summary: PurgeSummary;
  private readonly swarms: SwarmPurge;

  constructor(
    private readonly components: SwarmPurgeComponents,
    state: PurgeState,
    private readonly options: PurgeOptions,
    private readonly endsAt: number,
  ) {
    this.ranges = [...state.ranges];
    this.summary = { ...state.summary, largest: [...state.summary.largest] };
    this.swarms = new SwarmPurge(components);
  }

  /**
   * Takes ranges until none is left or the time is spent; the rest of a range goes back. Of a range
   * that is taken at least one swarm is cleaned, so a purge makes progress however slow the store
   * is.
   */
  async work(): Promise<void> {
    while (!this.isSpent()) {
      const range = this.ranges.shift();
      if (range === undefined) return;
      for await (const { infohash, numbers } of this.swarmsOf(range)) {
        await this.clean(infohash, numbers);
        if (!this.isSpent()) continue;
        this.ranges.push({ from: `${infohash}${AFTER_SHARDS}`, to: range.to });
        break;
      }
    }
  }

  /** A swarm that cannot be cleaned does not stop the purge. */
  private async clean(infohash: string, numbers: readonly number[]): Promise<void> {
    try {
      await this.swarms.clean(infohash, numbers, this.summary);
    } catch (cause) {
      this.summary.failures++;
      this.components.log.error('swarm not purged', { infohash, cause });
    }
  }

  /**
   * The swarms that have keys in a range: the keys of one swarm are next to each other. Lets other
   * work of the process go on between pages.
   */
  private async *swarmsOf(range: KeyRange): AsyncGenerator<{ infohash: string; numbers: number[] }> {
    let cursor: string | undefined;
    let swarm: { infohash: string; numbers: number[] } | undefined;
    do {
      const page = await this.components.store.keys(range, cursor, this.options.pageKeys);
      for (const key of page.keys) {
        const parsed = parseShardKey(key);
        if (parsed === undefined) continue;
        const { infohash, number } = parsed;
        if (swarm !== undefined && swarm.infohash !== infohash) {
          yield swarm;
          swarm = undefined;
        }
        swarm ??= { infohash, numbers: [] };
        swarm.numbers.push(number);
      }
      cursor = page.cursor;
      await new Promise(setImmediate);
    } while (cursor !== undefined);
    if (swarm !== undefined) yield swarm;
  }

  private isSpent(): boolean {
    return this.components.clock.now() >= this.endsAt;
  }
}

/** 256 ranges by the first byte of the infohash. */
function allRanges(): KeyRange[] {
  const border = (byte: number): string => (byte === 256 ? 'g' : byte.toString(16).padStart(2, '0'));
  return Array.from({ length: 256 }, (_, byte) => ({ from: border(byte), to: border(byte + 1) }));
}
