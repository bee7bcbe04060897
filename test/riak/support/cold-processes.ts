/** A cluster of three nodes, and processes of the tracker that know nothing when they start. */
import { systemClock } from '../../../lib/environment.js';
import type { RiakStoreOptions } from '../../../lib/store/riak/options.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import type { Store } from '../../../lib/store/store.js';
import type { PeerCounts } from '../../../lib/swarm/shard/shard.js';
import { scrapeSwarm, type SwarmReport } from '../../../lib/swarm/sampling/scrape.js';
import { Swarms, type SwarmRules } from '../../../lib/swarm/swarms.js';
import { startRiakDouble, type RiakDouble, type RiakDoubleOptions } from '../../riak-double/double.js';
import { LogLines, optionsFor } from '../../store/riak/support.js';
import { addressOf, infohashOf, peerIdOf, upTo } from './numbered.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE, trackerTypes } from '../../riak-double/tracker-types.js';

export type Event = 'none' | 'started' | 'completed' | 'stopped';

export class ColdProcess {
  readonly log = new LogLines();
  readonly store: Store;
  private readonly swarms: Swarms;

  constructor(double: RiakDouble, changes: Partial<RiakStoreOptions> = {}, rules: Partial<SwarmRules> = {}) {
    const { log } = this;
    this.store = openRiakStore(
      optionsFor(double.nodes, {
        swarmBucketType: SWARM_TYPE,
        countBucketType: COUNT_TYPE,
        swarmBucket: BUCKET,
        countBucket: BUCKET,
        // As they are by default.
        callTimeoutMs: 2000,
        connectTimeoutMs: 1500,
        replicaTimeoutMs: 500,
        maxConnections: 32,
        random: Math.random,
        log,
        ...changes,
      }),
    );
    this.swarms = new Swarms({
      store: this.store,
      clock: systemClock,
      random: Math.random,
      log,
      rules: {
        peerLifetimeSeconds: 2700,
        unwrittenSeconds: 0,
        shardPeers: 192,
        warmMilliseconds: 5000,
        warmBytes: 1e8,
        ...rules,
      },
    });
  }

  /** The peer of a swarm's number announces, and is told how many are there. */
  async announce(swarm: number, event: Event, peer = swarm): Promise<PeerCounts> {
    const announcement = {
      infohash: infohashOf(swarm),
      peerId: peerIdOf(peer),
      address: addressOf(peer),
      port: 6881,
      state: event === 'completed' ? ('seeder' as const) : ('leecher' as const),
      event,
    };
    const { counts } = await this.swarms.announce(announcement, { limit: 50, withIds: false });
    return counts;
  }

  scrape(swarm: number): Promise<SwarmReport> {
    const { store, log } = this;
    return scrapeSwarm({ store, log, random: Math.random }, infohashOf(swarm), 0);
  }

  get events(): string[] {
    return this.log.lines.map(({ event }) => event);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

export class ColdHarness {
  private readonly processes: ColdProcess[] = [];

  private constructor(readonly double: RiakDouble) {}

  static async start(options: RiakDoubleOptions = {}): Promise<ColdHarness> {
    return new ColdHarness(await startRiakDouble({ nodes: 3, types: trackerTypes, ...options }));
  }

  process(changes: Partial<RiakStoreOptions> = {}, rules: Partial<SwarmRules> = {}): ColdProcess {
    const process = new ColdProcess(this.double, changes, rules);
    this.processes.push(process);
    return process;
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.close()));
    await this.double.close();
  }
}

/** Does something for each number, some at a time. */
export async function forEach(
  numbers: readonly number[],
  atOnce: number,
  doing: (number: number) => Promise<unknown>,
): Promise<void> {
  const left = [...numbers];
  await Promise.all(
    upTo(atOnce).map(async () => {
      for (let number = left.shift(); number !== undefined; number = left.shift()) await doing(number);
    }),
  );
}
