import type { Announcement } from '../../../lib/swarm/operations/announce.js';
import type { Random } from '../../../lib/environment.js';
import { infohashKey, parseShardKey } from '../../../lib/swarm/shard/placement.js';
import { scrapeSwarm, type SwarmReport } from '../../../lib/swarm/sampling/scrape.js';
import type { WriterContext } from '../../../lib/swarm/cache/cached-shard.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { Swarms, type SwarmAnswer, type SwarmRules } from '../../../lib/swarm/swarms.js';
import { MemoryStore, type MemoryStoreOptions, type Operation } from '../../support/memory-store.js';
import { RecordingLog } from '../../support/recording-log.js';
import { seededRandom } from '../../support/seeded-random.js';
import { peerIdOf, v4Of } from './peers.js';

export const INFOHASH = Buffer.from('00112233445566778899aabbccddeeff00112233', 'hex');
export const KEY = infohashKey(INFOHASH);

/** A store with a clock and a log, and any number of processes that share them. */
export class SwarmHarness {
  readonly log = new RecordingLog();
  readonly store: MemoryStore;
  readonly random: Random = seededRandom(1);
  /** The time, in milliseconds. */
  milliseconds = 10_000_000;
  readonly clock = { now: (): number => this.milliseconds };
  readonly rules: SwarmRules;

  constructor(rules: Partial<SwarmRules> = {}, options: Partial<MemoryStoreOptions> = {}) {
    this.store = new MemoryStore({ concurrency: 'siblings', ...options });
    this.rules = {
      peerLifetimeSeconds: 2700,
      unwrittenSeconds: 900,
      shardPeers: 192,
      warmMilliseconds: 5000,
      warmBytes: 1e9,
      ...rules,
    };
  }

  /** What a writer of this harness is given. */
  get context(): WriterContext {
    const { store, clock, log, rules } = this;
    return { store, clock, log, ...rules };
  }

  process(): Swarms {
    const { store, clock, log, random, rules } = this;
    return new Swarms({ store, clock, log, random, rules });
  }

  pass(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }

  /** Store operations that something takes; those it takes none of are left out. */
  async operationsOf(doing: () => Promise<unknown>): Promise<Partial<Record<Operation, number>>> {
    const before = { ...this.store.operations };
    await doing();
    const taken = Object.entries(this.store.operations).map(
      ([name, count]) => [name, count - before[name as Operation]] as const,
    );
    return Object.fromEntries(taken.filter(([, count]) => count > 0));
  }

  scrape(infohash: Uint8Array = INFOHASH): Promise<SwarmReport> {
    const expiryCutoff = Math.floor(this.milliseconds / 1000) - this.rules.peerLifetimeSeconds;
    return scrapeSwarm(this, infohash, expiryCutoff);
  }

  /** The keys of all stored shards. */
  async keys(): Promise<readonly string[]> {
    const { keys } = await this.store.keys({ from: '', to: '~' }, undefined, 1e9);
    return keys;
  }

  /** Everything stored under a key, decoded. */
  async shardsAt(key: string): Promise<Shard[]> {
    const { values } = await this.store.fetch(key);
    return values.map((value) => Shard.decode(parseShardKey(key)?.number ?? 0, value));
  }

  /** Puts bytes in the place of whatever is stored under a key. */
  async overwrite(key: string, bytes: Uint8Array): Promise<void> {
    const { version } = await this.store.fetch(key);
    await this.store.put(key, bytes, version);
  }
}

/**
 * What a numbered peer says of itself: a leecher without an event, unless `changes` says otherwise.
 */
export function announcementOf(number: number, changes: Partial<Announcement> = {}): Announcement {
  return {
    infohash: INFOHASH,
    peerId: peerIdOf(number),
    address: v4Of(number),
    port: 6881,
    state: 'leecher',
    event: 'none',
    ...changes,
  };
}

/** A numbered peer announces and wants 50 peers. */
export function announce(
  swarms: Swarms,
  number: number,
  changes: Partial<Announcement> = {},
): Promise<SwarmAnswer> {
  return swarms.announce(announcementOf(number, changes), { limit: 50, withIds: false });
}

/** Peers with these numbers announce, some at a time. */
export async function fill(
  swarms: Swarms,
  numbers: readonly number[],
  changes: (number: number) => Partial<Announcement> = () => ({}),
): Promise<void> {
  const atOnce = 500;
  for (let at = 0; at < numbers.length; at += atOnce) {
    await Promise.all(
      numbers
        .slice(at, at + atOnce)
        .map((number) =>
          swarms.announce(announcementOf(number, changes(number)), { limit: 0, withIds: false }),
        ),
    );
  }
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** The numbers of the IPv4 peers of an answer, ascending; their addresses tell them. */
export function numbersOf({ peers: { v4 } }: SwarmAnswer): number[] {
  const bytes = Buffer.from(v4);
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; at += 6) numbers.push(bytes.readUInt32BE(at) - 0x0a000000);
  return numbers.sort((a, b) => a - b);
}
