import { expect } from 'chai';

import { emptySummary } from '../../../lib/purge/summary.js';
import { SwarmPurge } from '../../../lib/purge/swarm-purge.js';
import type { Clock, Random } from '../../../lib/environment.js';
import { isLive } from '../../../lib/swarm/shard/expiry.js';
import { mergeAll } from '../../../lib/swarm/shard/merge.js';
import { flagsOf, PARTIAL_SEED, SEEDER, V4, V6 } from '../../../lib/swarm/shard/peer-record.js';
import { infohashKey, parseShardKey } from '../../../lib/swarm/shard/placement.js';
import { scrapeSwarm } from '../../../lib/swarm/sampling/scrape.js';
import { newHeader } from '../../../lib/swarm/shard/header.js';
import { Shard } from '../../../lib/swarm/shard/shard.js';
import type { PeerCounts } from '../../../lib/swarm/shard/counts.js';
import { Swarms, type SwarmAnswer, type SwarmRules } from '../../../lib/swarm/swarms.js';
import type { Announcement } from '../../../lib/swarm/operations/announce.js';
import type { Store } from '../../../lib/store/store.js';
import { defined } from '../../support/defined.js';
import { RecordingLog } from '../../support/recording-log.js';

export type Doing = 'start' | 'announce' | 'complete' | 'pause' | 'stop';

/** Something that a peer does, through one of the processes. */
export interface Act {
  readonly peer: number;
  readonly through: number;
  readonly doing: Doing;
}

/** A peer of the model: one endpoint of one peer id. */
export interface ModelPeer {
  readonly peerId: Buffer;
  readonly address: Buffer;
  readonly port: number;
  state: State;
  lastSeen: number;
  /** What it said lately, and through which process. */
  readonly said: Said[];
  /** What the store may have instead of `state`: the last announces may have gone unwritten. */
  orStill: readonly State[];
}

type State = Announcement['state'] | 'gone';

interface Said {
  readonly state: State;
  readonly through: number;
  /** When it was answered, seconds. */
  at: number;
}

/**
 * Far from every sum of the pauses in a history, so that small differences between clocks do not
 * matter.
 */
export const LIFETIME = 1000;
export const INFOHASH = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex');

const rules: SwarmRules = {
  peerLifetimeSeconds: LIFETIME,
  unwrittenSeconds: 20,
  overdueSeconds: 400,
  shardPeers: 4,
  // As long as may be: a shard forwards for one lifetime, and who remembers it for longer does not
  // notice.
  warmMilliseconds: 0.9 * LIFETIME * 1000,
  warmBytes: 1e9,
};

/**
 * Several processes that announce to one swarm in one store, beside a plain model of who is in it.
 */
export class SwarmWorld {
  readonly log = new RecordingLog();
  readonly peers = new Map<number, ModelPeer>();
  private milliseconds = 10_000_000;
  private readonly processes: Swarms[];
  /** By how much a date may seem older or younger than it is, seconds. */
  private readonly blur: number;
  /** For how long a peer may announce without being written, seconds. */
  private readonly unwrittenSeconds: number;

  constructor(
    readonly store: Store,
    /** How far each process's clock is ahead, seconds. */
    skews: readonly number[],
    private readonly random: Random,
    changes: Partial<SwarmRules> = {},
  ) {
    this.processes = skews.map((skew) => this.process(skew, changes));
    this.blur = Math.max(...skews) - Math.min(...skews) + 1;
    const { unwrittenSeconds, sparseRefresh } = { ...rules, ...changes };
    this.unwrittenSeconds = sparseRefresh?.maxUnwrittenSeconds ?? unwrittenSeconds;
  }

  process(skew: number, changes: Partial<SwarmRules> = {}): Swarms {
    const clock: Clock = { now: () => this.milliseconds + skew * 1000 };
    const { store, random, log } = this;
    return new Swarms({ store, clock, random, log, rules: { ...rules, ...changes } });
  }

  /**
   * Lets a peer announce through a process and notes in the model what it did. A peer that is gone
   * starts, whatever it was to do, as a client does; a failure is tried again until it gets
   * through, as a client does.
   */
  async act({ peer: number, through, doing }: Act): Promise<SwarmAnswer> {
    const peer = this.peer(number);
    const isLive = this.isLive(peer);
    const does = isLive || doing === 'stop' ? doing : 'start';
    const announcement = this.announcement(peer, does);
    const process = this.processes[through];
    if (process === undefined) throw new RangeError('no such process');
    const state = does === 'stop' ? 'gone' : announcement.state;
    const mayGoUnwritten = announcement.event === 'none' && this.mayBeTakenForOld(peer, state, through);
    peer.orStill = mayGoUnwritten ? [...peer.orStill, peer.state].filter((still) => still !== state) : [];
    peer.state = state;
    const said: Said = { state, through, at: this.seconds };
    peer.said.push(said);
    for (let attempt = 0; ; attempt++) {
      try {
        // A client's announces are never closer together than it takes to send one.
        this.milliseconds += 100;
        const answer = await process.announce(announcement, { limit: 50, withIds: true });
        peer.lastSeen = said.at = this.seconds;
        return answer;
      } catch (error) {
        if (attempt > 500) throw error;
      }
    }
  }

  get seconds(): number {
    return Math.floor(this.milliseconds / 1000);
  }

  pause(seconds: number): void {
    this.milliseconds += seconds * 1000;
  }

  /** Purges the swarm as it is, beside whatever announces are under way. */
  async purge(): Promise<void> {
    const { store, log } = this;
    const clock: Clock = { now: () => this.milliseconds };
    const purge = new SwarmPurge({
      store,
      clock,
      log,
      peerLifetimeSeconds: LIFETIME,
      shardPeers: rules.shardPeers,
    });
    try {
      await purge.clean(infohashKey(INFOHASH), await this.shardNumbers(), emptySummary());
    } catch {
      // A call to the store failed; a purge that stops anywhere has done no harm.
    }
  }

  /**
   * Whether a process may take a plain re-announce for nothing new although it says something new
   * (docs/consistency.md). The peer said just this lately, and the process may know of that; what
   * it said after that, through another process, this one may not know.
   */
  private mayBeTakenForOld({ said }: ModelPeer, state: State, through: number): boolean {
    const since = this.seconds - this.unwrittenSeconds - this.blur;
    const known = said.findIndex((each) => each.state === state && each.at >= since);
    if (known < 0) return false;
    return said.slice(known).some((each) => each.state !== state && each.through !== through);
  }

  /**
   * Checks that the peers that all stored shards together have are the model's.
   * @returns the peers that are live, each with its state in the store
   */
  async expectStored(): Promise<ReadonlyMap<ModelPeer, State>> {
    const stored = await this.stored();
    const states = new Map<ModelPeer, State>();
    for (const peer of this.peers.values()) {
      if (!this.isLive(peer)) continue;
      const still = [peer.state, ...peer.orStill].find((state) => stored.includes(describePeer(peer, state)));
      // Its last announces may have gone unwritten, and its life be over.
      if (still === undefined && peer.lastSeen <= this.seconds - LIFETIME + this.unwrittenSeconds) continue;
      states.set(peer, still ?? peer.state);
    }
    const expected = [...states].map(([peer, state]) => describePeer(peer, state));
    expect(stored, 'peers in the store').to.deep.equal(expected.sort());
    return states;
  }

  /** Checks that the swarm is the model's, whoever looks and however. */
  async expectSame(): Promise<void> {
    const states = await this.expectStored();
    const expiryCutoff = this.seconds - LIFETIME;
    const { counts } = await scrapeSwarm(
      { store: this.store, random: this.random, log: this.log },
      INFOHASH,
      expiryCutoff,
    );
    expect(counts, 'counts of a scrape').to.deep.equal(countsOf(states));
    expect(this.log.lines, 'log').to.deep.equal([]);
  }

  private async shardNumbers(): Promise<number[]> {
    const keys = await this.shardKeys();
    return keys.map((key) => defined(parseShardKey(key)).number);
  }

  private async shardKeys(): Promise<readonly string[]> {
    const base = infohashKey(INFOHASH);
    return (await this.store.keys({ from: base, to: `${base}~` }, undefined, 100_000)).keys;
  }

  private async stored(): Promise<string[]> {
    const versions: Shard[] = [];
    for (const key of await this.shardKeys()) {
      const { values } = await this.store.fetch(key);
      // Under one header, so that only the records count.
      versions.push(...values.map((value) => Shard.decode(0, value).withHeader(newHeader(0))));
    }
    const all = mergeAll(versions);
    return all === undefined ? [] : livePeers(all, this.seconds - LIFETIME);
  }

  private isLive(peer: ModelPeer): boolean {
    return peer.state !== 'gone' && peer.lastSeen > this.seconds - LIFETIME;
  }

  private peer(number: number): ModelPeer {
    let peer = this.peers.get(number);
    if (peer === undefined) {
      peer = modelPeer(number);
      this.peers.set(number, peer);
    }
    return peer;
  }

  private announcement(peer: ModelPeer, doing: Doing): Announcement {
    const present = peer.state === 'gone' ? 'leecher' : peer.state;
    return {
      infohash: INFOHASH,
      peerId: peer.peerId,
      address: peer.address,
      port: peer.port,
      state:
        doing === 'complete'
          ? 'seeder'
          : doing === 'pause' && present === 'leecher'
            ? 'partial-seed'
            : present,
      event:
        doing === 'start'
          ? 'started'
          : doing === 'complete'
            ? 'completed'
            : doing === 'stop'
              ? 'stopped'
              : 'none',
    };
  }
}

/** Every third peer is the second endpoint, over IPv6, of the one before. */
function modelPeer(number: number): ModelPeer {
  const isSecond = number % 3 === 2;
  const peerId = Buffer.alloc(20, 'peer');
  peerId.writeUInt32BE(Math.imul(isSecond ? number - 1 : number, 0x9e3779b1) >>> 0, 16);
  const address = isSecond ? Buffer.alloc(16, 7) : Buffer.from([10, 0, 0, number & 255]);
  return { peerId, address, port: 1000 + number, state: 'gone', lastSeen: 0, said: [], orStill: [] };
}

/**
 * Peers are counted by peer id: a seeder if one of its endpoints is, else a leecher if one is, else
 * a partial seed.
 */
function countsOf(states: ReadonlyMap<ModelPeer, State>): PeerCounts {
  const best = new Map<string, number>();
  const rank = { gone: 0, 'partial-seed': 1, leecher: 2, seeder: 3 };
  for (const [{ peerId }, state] of states) {
    const id = peerId.toString('hex');
    best.set(id, Math.max(best.get(id) ?? 0, rank[state]));
  }
  const ranks = [...best.values()];
  const count = (wanted: number): number => ranks.filter((each) => each === wanted).length;
  return { seeders: count(3), leechers: count(2), partialSeeds: count(1) };
}

function livePeers(shard: Shard, expiryCutoff: number): string[] {
  const list: string[] = [];
  for (const layout of [V4, V6]) {
    for (let at = shard.start(layout); at < shard.end(layout); at += layout.size) {
      if (!isLive(shard.bytes, at, layout, expiryCutoff)) continue;
      const flags = flagsOf(shard.bytes, at, layout);
      const state =
        (flags & SEEDER) !== 0 ? 'seeder' : (flags & PARTIAL_SEED) !== 0 ? 'partial-seed' : 'leecher';
      const portAt = at + layout.identityLength - 2;
      list.push(
        describePeer(
          {
            peerId: shard.bytes.subarray(at, at + 20),
            address: shard.bytes.subarray(at + 20, portAt),
            port: shard.bytes.readUInt16BE(portAt),
          },
          state,
        ),
      );
    }
  }
  return list.sort();
}

function describePeer(
  { peerId, address, port }: Pick<ModelPeer, 'peerId' | 'address' | 'port'>,
  state: State,
): string {
  return `${peerId.toString('hex')} ${address.toString('hex')} ${port} ${state}`;
}
