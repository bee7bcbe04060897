import type { Store } from '../../lib/store/store.js';
import { announceTarget, addressOf, escapeInfohash, infohashOf } from '../load/numbered.js';
import { config } from './action.js';
import { putAll, recordOf, shardsOf, type StoredShard } from './stored-swarm.js';

export interface TimedAnnounce {
  /** When it comes, milliseconds since the epoch. */
  readonly at: number;
  readonly target: string;
  readonly address: string;
}

const INTERVAL_MS = config.announceIntervalSeconds * 1000;

/**
 * Swarms of one size whose peers announce as live clients do: each once an interval, spread evenly over it. So each announce comes one interval after
 * the one before of the same peer, and is written. How many come in a second follows from the number of peers.
 */
export class Population {
  readonly peers: number;
  private readonly stride: number;
  private readonly escaped = new Map<number, string>();

  constructor(
    /** Its swarms are numbered from here, so that several populations can share a store. */
    private readonly firstSwarm: number,
    private readonly swarms: number,
    private readonly swarmSize: number,
    private readonly startMs: number,
  ) {
    this.peers = swarms * swarmSize;
    this.stride = strideFor(this.peers);
  }

  /** Stores every peer, each last seen up to one interval ago. */
  async store(store: Store): Promise<void> {
    await putAll(store, this.shards());
  }

  /** The announce at a place in the order of time. */
  announce(place: number): TimedAnnounce {
    const peer = (place * this.stride) % this.peers;
    return {
      at: this.startMs + (place * INTERVAL_MS) / this.peers,
      target: announceTarget(this.escapedInfohash(Math.floor(peer / this.swarmSize)), peer),
      address: addressOf(peer),
    };
  }

  /** The request target of a scrape of one swarm. */
  scrape(place: number): string {
    return `/scrape?info_hash=${this.escapedInfohash(place % this.swarms)}`;
  }

  private *shards(): Generator<StoredShard> {
    const lastSeen = this.lastSeen();
    for (let swarm = 0; swarm < this.swarms; swarm++) {
      const records: Buffer[] = [];
      for (let member = 0; member < this.swarmSize; member++) {
        const peer = swarm * this.swarmSize + member;
        records.push(recordOf(peer, lastSeen[peer] ?? 0));
      }
      yield* shardsOf(infohashOf(this.firstSwarm + swarm), records, config.shardPeers);
    }
  }

  /** One interval before the first announce of each. */
  private lastSeen(): Float64Array {
    const seen = new Float64Array(this.peers);
    for (let place = 0; place < this.peers; place++) {
      seen[(place * this.stride) % this.peers] =
        this.startMs - INTERVAL_MS + (place * INTERVAL_MS) / this.peers;
    }
    return seen;
  }

  private escapedInfohash(swarm: number): string {
    let escaped = this.escaped.get(swarm);
    if (escaped === undefined) {
      escaped = escapeInfohash(infohashOf(this.firstSwarm + swarm));
      this.escaped.set(swarm, escaped);
    }
    return escaped;
  }
}

/** About 0.62 of the peers and without a common factor: steps of this length meet every peer once, and neighbours far from each other. */
function strideFor(peers: number): number {
  let stride = Math.max(1, Math.round(peers * 0.618_034));
  while (greatestCommonDivisor(stride, peers) !== 1) stride++;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
