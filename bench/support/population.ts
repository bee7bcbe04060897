import type { Store } from '../../lib/store/store.js';
import { announceTarget, addressOf, escapeInfohash, infohashOf } from '../load/numbered.js';
import { Turns } from '../load/turns.js';
import { config } from './tracker.js';
import { putAll, recordOf, shardsOf, type StoredShard } from './stored-swarm.js';

export interface TimedAnnounce {
  /** When it comes, milliseconds since the epoch. */
  readonly at: number;
  readonly target: string;
  readonly address: string;
}

const INTERVAL_MS = config.announceIntervalSeconds * 1000;

/**
 * Swarms of one size whose peers announce as live clients do: each once an interval, spread evenly
 * over it. So each announce comes one interval after the one before of the same peer, and is
 * written. How many come in a second follows from the number of peers.
 */
export class Population {
  readonly peers: number;
  private readonly turns: Turns;

  constructor(
    /** Its swarms are numbered from here, so that several populations can share a store. */
    private readonly firstSwarm: number,
    private readonly swarms: number,
    private readonly swarmSize: number,
    private readonly startMs: number,
  ) {
    this.peers = swarms * swarmSize;
    this.turns = new Turns(this.peers);
  }

  /** Stores every peer, each last seen up to one interval ago. */
  async store(store: Store): Promise<void> {
    await putAll(store, this.shards());
  }

  /**
   * The announce at a place in the order of time. Takes some microseconds: not to be made while
   * something is measured.
   */
  announce(place: number): TimedAnnounce {
    const peer = this.turns.peerAt(place);
    return {
      at: this.timeOf(place),
      target: announceTarget(this.escapedInfohash(Math.floor(peer / this.swarmSize)), peer),
      address: addressOf(peer),
    };
  }

  /** The request target of a scrape of one swarm; made in advance, too. */
  scrape(place: number): string {
    return `/scrape?info_hash=${this.escapedInfohash(place % this.swarms)}`;
  }

  private *shards(): Generator<StoredShard> {
    for (const swarm of this.byInfohash()) {
      const records: Buffer[] = [];
      for (let member = 0; member < this.swarmSize; member++) {
        const peer = swarm * this.swarmSize + member;
        records.push(recordOf(peer, this.timeOf(this.turns.placeOf(peer)) - INTERVAL_MS));
      }
      yield* shardsOf(infohashOf(this.firstSwarm + swarm), records, config.shardPeers);
    }
  }

  /** In the order in which a store on a disk has them, so that it writes each of its pages once. */
  private byInfohash(): number[] {
    const infohashes = Array.from({ length: this.swarms }, (_, swarm) => ({
      swarm,
      infohash: infohashOf(this.firstSwarm + swarm),
    }));
    return infohashes.sort((a, b) => a.infohash.compare(b.infohash)).map(({ swarm }) => swarm);
  }

  private timeOf(place: number): number {
    return this.startMs + (place * INTERVAL_MS) / this.peers;
  }

  private escapedInfohash(swarm: number): string {
    return escapeInfohash(infohashOf(this.firstSwarm + swarm));
  }
}
