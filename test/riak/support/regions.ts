import { systemClock } from '../../../lib/environment.js';
import { runPurge } from '../../../lib/purge/run-purge.js';
import { openRiakStore } from '../../../lib/store/riak/riak-store.js';
import type { Store } from '../../../lib/store/store.js';
import { scrapeSwarm, type SwarmReport } from '../../../lib/swarm/sampling/scrape.js';
import type { Announcement } from '../../../lib/swarm/operations/announce.js';
import { Swarms, type SwarmAnswer } from '../../../lib/swarm/swarms.js';
import { startRiakDouble, type RiakDouble } from '../../riak-double/double.js';
import { RegionLink } from '../../riak-double/region-link.js';
import { BUCKET, COUNT_TYPE, SWARM_TYPE, trackerTypes } from '../../riak-double/tracker-types.js';
import { optionsFor } from '../../store/riak/support.js';
import { defined } from '../../support/defined.js';
import { RecordingLog } from '../../support/recording-log.js';
import { seededRandom } from '../../support/seeded-random.js';
import { announcementOf, infohashOf } from './numbered.js';
import { storedPeerIds } from './stored-swarms.js';

export const LIFETIME_SECONDS = 2700;
export const SHARD_PEERS = 48;
const START_MS = 1_700_000_000_000;

/** A cluster with a tracker of its own. */
interface Region {
  readonly double: RiakDouble;
  readonly store: Store;
  readonly swarms: Swarms;
  /** Its clock, milliseconds. */
  readonly now: () => number;
}

export interface RegionOptions {
  /** How far the clock of each region is ahead, seconds. */
  readonly skews: readonly number[];
  /** How late objects come to the other regions, seconds. */
  readonly lagSeconds: number;
  /** The share of them that comes twice. */
  readonly repeated: number;
}

/** Clusters in several regions that exchange what is written, in a time that is made to pass. */
export class Regions {
  readonly link: RegionLink;
  readonly log: RecordingLog;
  readonly random = seededRandom(7);
  private milliseconds = START_MS;

  private constructor(
    readonly all: readonly Region[],
    link: (now: () => number, random: () => number) => RegionLink,
    log: RecordingLog,
    private readonly time: { now: () => number },
  ) {
    this.log = log;
    this.time.now = () => this.milliseconds;
    this.link = link(() => this.milliseconds, this.random);
  }

  static async start({ skews, lagSeconds, repeated }: RegionOptions): Promise<Regions> {
    const time = { now: () => START_MS };
    const log = new RecordingLog();
    const random = seededRandom(3);
    const all: Region[] = [];
    for (const [number, skew] of skews.entries()) {
      const now = (): number => time.now() + skew * 1000;
      const double = await startRiakDouble({
        types: trackerTypes,
        now: () => time.now(),
        seed: number + 1,
        firstActor: (number + 1) * 1e6,
      });
      const store = openRiakStore(
        optionsFor(double.nodes, {
          swarmBucketType: SWARM_TYPE,
          countBucketType: COUNT_TYPE,
          swarmBucket: BUCKET,
          countBucket: BUCKET,
          callTimeoutMs: 20_000,
          connectTimeoutMs: 10_000,
          replicaTimeoutMs: 5000,
          keysTimeoutMs: 20_000,
          clock: systemClock,
        }),
      );
      const rules = {
        peerLifetimeSeconds: LIFETIME_SECONDS,
        unwrittenSeconds: 360,
        shardPeers: SHARD_PEERS,
        warmMilliseconds: 5000,
        warmBytes: 1e8,
      };
      all.push({ double, store, now, swarms: new Swarms({ store, clock: { now }, random, log, rules }) });
    }
    const link = (now: () => number, chance: () => number): RegionLink =>
      new RegionLink(
        all.map(({ double }) => double.cluster),
        { copies: 3, now, random: chance, repeated, lagMs: () => chance() * lagSeconds * 1000 },
      );
    return new Regions(all, link, log, time);
  }

  /** Seconds since the beginning. */
  get seconds(): number {
    return (this.milliseconds - START_MS) / 1000;
  }

  pass(seconds: number): void {
    this.milliseconds += seconds * 1000;
    this.link.deliver();
  }

  announce(
    region: number,
    swarm: number,
    peer: number,
    changes: Partial<Pick<Announcement, 'event' | 'state'>> = {},
  ): Promise<SwarmAnswer> {
    const announcement: Announcement = { ...announcementOf(peer, swarm), ...changes };
    return this.region(region).swarms.announce(announcement, { limit: 50, withIds: false });
  }

  scrape(region: number, swarm: number): Promise<SwarmReport> {
    const { store, now } = this.region(region);
    const cutoff = Math.floor(now() / 1000) - LIFETIME_SECONDS;
    return scrapeSwarm({ store, random: this.random, log: this.log }, infohashOf(swarm), cutoff);
  }

  /** The ids, in hex, of the peers of a swarm that a region finds; expired ones among them. */
  found(region: number, swarm: number): Promise<Set<string>> {
    return storedPeerIds(this.region(region).double, infohashOf(swarm));
  }

  async purge(region: number): Promise<void> {
    const { store, now } = this.region(region);
    const components = {
      store,
      clock: { now },
      log: this.log,
      peerLifetimeSeconds: LIFETIME_SECONDS,
      shardPeers: SHARD_PEERS,
    };
    await runPurge(components, { parallelism: 4 });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ store }) => store.close()));
    await Promise.all(this.all.map(({ double }) => double.close()));
  }

  private region(number: number): Region {
    return defined(this.all[number]);
  }
}
