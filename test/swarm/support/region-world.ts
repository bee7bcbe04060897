import { expect } from 'chai';

import type { Clock, Random } from '../../../lib/environment.js';
import { emptySummary } from '../../../lib/purge/summary.js';
import { SwarmPurge } from '../../../lib/purge/swarm-purge.js';
import { scrapeSwarm } from '../../../lib/swarm/sampling/scrape.js';
import { isLive } from '../../../lib/swarm/shard/expiry.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { mergeAll } from '../../../lib/swarm/shard/merge.js';
import { flagsOf, SEEDER, V4 } from '../../../lib/swarm/shard/peer-record.js';
import { parseShardKey } from '../../../lib/swarm/shard/placement.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import { Swarms } from '../../../lib/swarm/swarms.js';
import { defined } from '../../support/defined.js';
import { RecordingLog } from '../../support/recording-log.js';
import { RegionStores } from '../../support/region-stores.js';
import { announcementOf, INFOHASH, KEY } from './swarm-harness.js';
import { peerIdOf } from './peers.js';

/** As they are by default; the interval is 1,800 s. */
const LIFETIME = 2700;
const UNWRITTEN = 360;
/** The longest time that a process may be told to take a shard for its present state. */
const WARM_SECONDS = 300;
/** Small, so that few peers make many shards. */
const SHARD_PEERS = 4;

type State = 'leecher' | 'seeder' | 'gone';

/** Something that a peer does through the tracker of a region. */
export interface RegionAct {
  readonly peer: number;
  readonly region: number;
  readonly doing: 'announce' | 'seed' | 'stop';
}

interface Said {
  readonly state: State;
  readonly region: number;
  /** Seconds, by the true time. */
  readonly at: number;
  /** How often everything had arrived everywhere before. */
  readonly epoch: number;
}

/** A tracker in each of several regions, and what each peer has said to any of them. */
export class RegionWorld {
  readonly log = new RecordingLog();
  readonly stores: RegionStores;
  private readonly processes: readonly Swarms[];
  private readonly peers = new Map<number, Said[]>();
  private milliseconds = 10_000_000;
  private epoch = 0;
  private readonly purges: { readonly epoch: number; readonly region: number }[] = [];
  /** By how much the clocks of two regions differ at most, seconds. */
  private readonly skew: number;

  /** @param skews how far the clock of each region is ahead, seconds */
  constructor(
    private readonly skews: readonly number[],
    private readonly random: Random,
    schedule: (label: string) => Promise<void> = () => Promise.resolve(),
  ) {
    this.stores = new RegionStores(skews.length, random, schedule);
    this.skew = Math.max(...skews) - Math.min(...skews);
    this.processes = skews.map((_, region) => {
      const store = defined(this.stores.stores[region]);
      const rules = {
        peerLifetimeSeconds: LIFETIME,
        unwrittenSeconds: UNWRITTEN,
        shardPeers: SHARD_PEERS,
        warmMilliseconds: WARM_SECONDS * 1000,
        warmBytes: 1e9,
      };
      return new Swarms({ store, clock: this.clockOf(region), random, log: this.log, rules });
    });
  }

  async act({ peer, region, doing }: RegionAct): Promise<void> {
    // A client's announces are never closer together than it takes to send one.
    this.milliseconds += 100;
    const said = this.peers.get(peer) ?? [];
    this.peers.set(peer, said);
    const last = said.at(-1)?.state ?? 'gone';
    const state = doing === 'stop' ? 'gone' : doing === 'seed' || last === 'seeder' ? 'seeder' : 'leecher';
    said.push({ state, region, at: this.seconds, epoch: this.epoch });
    const announcement = announcementOf(peer, {
      state: state === 'seeder' ? 'seeder' : 'leecher',
      event: doing === 'stop' ? 'stopped' : last === 'gone' ? 'started' : 'none',
    });
    await defined(this.processes[region]).announce(announcement, { limit: 50, withIds: false });
  }

  pause(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }

  /** Everything arrives everywhere. */
  settle(): void {
    this.stores.settle();
    this.epoch++;
  }

  async purge(region: number): Promise<void> {
    this.purges.push({ epoch: this.epoch, region });
    const store = defined(this.stores.stores[region]);
    const purge = new SwarmPurge({
      store,
      clock: this.clockOf(region),
      log: this.log,
      peerLifetimeSeconds: LIFETIME,
      shardPeers: SHARD_PEERS,
    });
    const { keys } = await store.keys({ from: KEY, to: `${KEY}~` }, undefined, 100_000);
    const numbers = keys.map((key) => defined(parseShardKey(key)).number);
    await purge.clean(KEY, numbers, emptySummary());
  }

  /** Checks that what all regions have, once everything has arrived, is what the peers said. */
  async expectStored(): Promise<ReadonlyMap<number, State>> {
    const stored = await this.stored();
    for (const [peer, said] of this.peers) {
      const allowed = this.allowedStates(said);
      const state = stored.get(peer) ?? 'gone';
      expect(allowed, `peer ${peer}, which said ${JSON.stringify(said)} at ${this.seconds}`).to.include(
        state,
      );
    }
    return stored;
  }

  /** Checks that a scrape in each region counts these peers. */
  async expectCounted(stored: ReadonlyMap<number, State>): Promise<void> {
    const states = [...stored.values()];
    const expected = {
      seeders: states.filter((state) => state === 'seeder').length,
      leechers: states.filter((state) => state === 'leecher').length,
      partialSeeds: 0,
    };
    for (const store of this.stores.stores) {
      const { log, random } = this;
      const { counts } = await scrapeSwarm({ store, log, random }, INFOHASH, this.seconds - LIFETIME);
      expect(counts, 'counts of a scrape').to.deep.equal(expected);
    }
    expect(this.log.lines, 'log').to.deep.equal([]);
  }

  private get seconds(): number {
    return Math.floor(this.milliseconds / 1000);
  }

  private clockOf(region: number): Clock {
    return { now: () => this.milliseconds + (this.skews[region] ?? 0) * 1000 };
  }

  /** What may be stored of a peer (docs/regions.md). */
  private allowedStates(said: readonly Said[]): Set<State> {
    const last = defined(said.at(-1));
    const isOver = (at: number, slack: number): boolean => at <= this.seconds - LIFETIME + slack;
    const announces = said.filter(({ state }) => state !== 'gone');
    const lastAnnounce = announces.at(-1)?.at ?? -Infinity;
    if (isOver(lastAnnounce, -this.skew - 1)) return new Set(['gone']);
    // What was said to other regions and has not arrived by then is not known to the last one.
    const unknown = said.filter(({ epoch, region }) => epoch === last.epoch && region !== last.region);
    const lately = last.at - UNWRITTEN - this.skew - 1;
    const saidLately = said.filter(({ at }) => at >= lately);
    const hasMoved = saidLately.some(({ region }) => region !== last.region);
    const allowed = new Set<State>([last.state]);
    for (const { state } of hasMoved ? [...unknown, ...saidLately] : unknown) allowed.add(state);
    if (unknown.length > 0) for (const { state } of said) allowed.add(state);
    // A purge that had not heard of it may hide a peer: then a stop finds nobody. Only where it was
    // announced and stopped in the purge's own region has that heard of it.
    const announced = announces.at(-1);
    const isHidden = this.purges.some(
      ({ epoch, region }) =>
        (region !== last.region || region !== announced?.region) && epoch >= (announced?.epoch ?? Infinity),
    );
    if (last.state === 'gone' && announced !== undefined && isHidden) allowed.add(announced.state);
    const isAnnounced = last.state !== 'gone' && unknown.every(({ state }) => state !== 'gone');
    if (isAnnounced) allowed.delete('gone');
    // An announce that does not see the stop in another region, as a link is cut or the shard is
    // split off just then, may be the older one of both by clocks that differ. So it may in the same
    // region, if another one whose clock is ahead knew the peer before and has just split the shard:
    // stop and announce are both dated after the record of that one. It stays so while announces
    // after it say nothing new and are not written.
    const isDatedElsewhere = (stop: Said): boolean =>
      said.some(
        (before) => before.region !== stop.region && before.at <= stop.at && before.at + this.skew >= stop.at,
      );
    const isOlderThan = (stop: Said, announce: Said): boolean =>
      announce.state !== 'gone' &&
      (announce.region !== stop.region || isDatedElsewhere(stop)) &&
      announce.at - stop.at <= this.skew + 1 &&
      last.at - announce.at <= UNWRITTEN + this.skew + 1;
    const isHiddenBy = (stop: Said, i: number): boolean =>
      stop.state === 'gone' && said.slice(i + 1).some((announce) => isOlderThan(stop, announce));
    if (said.some(isHiddenBy)) allowed.add('gone');
    if (isOver(lastAnnounce, UNWRITTEN + this.skew + 1)) allowed.add('gone');
    return allowed;
  }

  /** The live peers that all shards of all regions have together. */
  private async stored(): Promise<Map<number, State>> {
    const versions: Shard[] = [];
    for (const store of this.stores.stores) {
      const { keys } = await store.keys({ from: KEY, to: `${KEY}~` }, undefined, 100_000);
      for (const key of keys) {
        for (const value of (await store.fetch(key)).values) {
          versions.push(Shard.decode(0, value).withHeader(newHeader(0)));
        }
      }
    }
    const all = mergeAll(versions);
    const peers = new Map<number, State>();
    for (let at = all?.start(V4) ?? 0; all !== undefined && at < all.end(V4); at += V4.size) {
      if (!isLive(all.bytes, at, V4, this.seconds - LIFETIME)) continue;
      const peer = all.bytes.readUInt32BE(at + 16);
      expect(all.bytes.subarray(at, at + 20)).to.deep.equal(peerIdOf(peer));
      peers.set(peer, (flagsOf(all.bytes, at, V4) & SEEDER) !== 0 ? 'seeder' : 'leecher');
    }
    return peers;
  }
}
