/**
 * A site of 100,000,000 peers for two hours: the largest swarms whole, as many as one asks for, and
 * of the others every thousandth. Its peers are stored when it begins, but for one more swarm, to which all come within
 * ten minutes.
 */
import type { PurgeReport } from '../../lib/purge/report.js';
import { infohashKey } from '../../lib/swarm/shard/placement.js';
import { infohashOf } from '../load/numbered.js';
import { InstantStore } from '../support/instant-store.js';
import { writeResults } from './results.js';
import { SESSION_MODELS } from './sessions.js';
import { simulate, type Counted } from './simulation.js';
import { storedShards, type StoredShards } from './stored.js';
import { MEAN_SWARM_PEERS, siteSizes } from '../../lib/plan/swarm-sizes.js';

/** How many of the largest swarms are simulated whole, and how many are listed. */
export const DEFAULT_WHOLE = 10;
const LISTED = 10;
const ONE_OF = 1000;
/** Peers of the swarm that begins, and within how many seconds they come. */
const NEW_SWARM = { peers: 50_000, withinSeconds: 600 };
const WARM_BYTES = 64 * 1024 * 1024;
/** As many as answer 53,000 announces a second, 3,300 each. */
const PROCESSES = 16;
const V6_SHARE = 0.1;

/** Swarms of like size; those that are simulated whole are a class of their own. */
const CLASSES = [
  { name: '1 peer', max: 1 },
  { name: '2 to 6', max: 6 },
  { name: '7 to 30', max: 30 },
  { name: '31 to 192', max: 192 },
  { name: '193 to 5,000', max: 5000 },
  { name: 'more than 5,000', max: Infinity },
  { name: 'the largest, whole', max: Infinity },
  { name: 'a new one', max: Infinity },
] as const;

/** The swarms of a class. */
export interface ScaleClass {
  readonly name: string;
  /** Of the whole site. */
  readonly swarms: number;
  readonly peers: number;
  /** Of the sample: in the second half of the time. */
  readonly sampledSwarms: number;
  readonly sampledPeers: number;
  readonly announces: number;
  readonly operations: number;
  /** Of the sample: at the end. */
  readonly stored: StoredShards | undefined;
}

export interface HotKey {
  /** Rank of the swarm, the largest is 1, and which of its keys. */
  readonly swarm: number;
  readonly peers: number;
  readonly shard: string;
  readonly operationsASecond: number;
}

export interface ScaleResults {
  readonly peers: number;
  readonly swarms: number;
  readonly largest: readonly number[];
  /** So many of the largest swarms were simulated whole. */
  readonly whole: number;
  readonly simulatedPeers: number;
  readonly minutes: number;
  readonly processes: number;
  readonly sessions: string;
  readonly slotSeconds: number;
  readonly slots: readonly Counted[];
  readonly classes: readonly ScaleClass[];
  readonly hotKeys: readonly HotKey[];
  readonly longestValue: number;
  readonly purges: readonly PurgeReport[];
  readonly memoryBytes: number;
}

export interface ScaleInput {
  readonly peers: number;
  readonly minutes: number;
  /** So many of the largest swarms are simulated whole. */
  readonly whole: number;
}

export async function scale(
  { peers, minutes, whole }: ScaleInput,
  tell: (message: string) => void,
): Promise<void> {
  const startedAt = performance.now();
  const all = siteSizes(peers);
  const sampled = Uint32Array.from({ length: Math.floor((all.length - whole) / ONE_OF) }, (_, i) =>
    Math.floor(whole + (i + 0.5) * ONE_OF),
  );
  const newRank = all.length;
  const ranks = Uint32Array.from([...Array(whole).keys(), ...sampled, newRank]);
  const sizes = ranks.map((rank) => all[rank] ?? NEW_SWARM.peers);
  const simulatedPeers = sizes.reduce((sum, size) => sum + size, 0);
  tell(`${all.length} swarms, the largest of ${all[0] ?? 0}; ${simulatedPeers} peers are simulated`);
  const store = new InstantStore();
  const sessions = SESSION_MODELS.debian;
  const countedSeconds = minutes * 60;
  const slotSeconds = Math.min(600, countedSeconds);
  const countKeysFrom = countedSeconds / 2;
  const out = await simulate({
    sizes,
    numbers: ranks,
    sessions,
    // The sample fills a cache as much as its share of all peers would.
    settings: { WARM_BYTES: String(Math.round((WARM_BYTES * simulatedPeers) / peers)) },
    processes: PROCESSES,
    v6Share: V6_SHARE,
    warmUpSeconds: 0,
    countedSeconds,
    slotSeconds,
    countKeysFrom,
    isFilled: true,
    begunAfter: (swarm) => (ranks[swarm] === newRank ? NEW_SWARM.withinSeconds : undefined),
    storeMilliseconds: 5,
    seed: 1,
    store,
    tell,
  });
  const memoryBytes = process.memoryUsage().rss;
  const rankOf = new Map(Array.from(ranks, (rank) => [infohashKey(infohashOf(rank)), rank]));
  const classOf = (rank: number): string => nameOfClass(rank, all[rank], whole);
  const groupOf = (infohash: string): string => classOf(rankOf.get(infohash) ?? 0);
  const stored = await storedShards(store, groupOf);
  const byKey = out.byKey ?? new Map<string, number>();
  const operations = new Map<string, number>();
  for (const [key, count] of byKey) {
    const name = groupOf(key.slice(0, 40));
    operations.set(name, (operations.get(name) ?? 0) + count);
  }
  const totals = new Map<string, { swarms: number; peers: number }>();
  for (const [rank, size] of all.entries()) add(totals, classOf(rank), size);
  const samples = new Map<string, { swarms: number; peers: number }>();
  const announces = new Map<string, number>();
  for (const [i, rank] of ranks.entries()) {
    const name = classOf(rank);
    add(samples, name, sizes[i] ?? 0);
    announces.set(name, (announces.get(name) ?? 0) + (out.announcesOf[i] ?? 0));
  }
  const results: ScaleResults = {
    peers,
    swarms: all.length,
    largest: Array.from(all.subarray(0, LISTED)),
    whole,
    simulatedPeers,
    minutes,
    processes: PROCESSES,
    sessions: `${sessions.name}; ${MEAN_SWARM_PEERS.toFixed(2)} peers a swarm; ${V6_SHARE * 100}% over IPv6`,
    slotSeconds,
    slots: out.slots,
    classes: CLASSES.map(({ name }) => ({
      name,
      swarms: totals.get(name)?.swarms ?? 0,
      peers: totals.get(name)?.peers ?? 0,
      sampledSwarms: samples.get(name)?.swarms ?? 0,
      sampledPeers: samples.get(name)?.peers ?? 0,
      announces: announces.get(name) ?? 0,
      operations: operations.get(name) ?? 0,
      stored: stored.get(name),
    })),
    hotKeys: [...byKey]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 20)
      .map(([key, count]) => {
        const rank = rankOf.get(key.slice(0, 40)) ?? 0;
        return {
          swarm: rank + 1,
          peers: all[rank] ?? NEW_SWARM.peers,
          shard: key.slice(41) === '' ? '0' : key.slice(41),
          operationsASecond: count / (countedSeconds - countKeysFrom),
        };
      }),
    longestValue: out.longestValue,
    purges: out.purges.map((report) => ({ ...report, largest: [] })),
    memoryBytes,
  };
  writeResults(peers === 100_000_000 ? 'scale' : `scale-${peers}`, startedAt, results);
}

function nameOfClass(rank: number, size: number | undefined, whole: number): string {
  if (size === undefined) return 'a new one';
  if (rank < whole) return 'the largest, whole';
  return CLASSES.find(({ max }) => size <= max)?.name ?? '';
}

function add(map: Map<string, { swarms: number; peers: number }>, name: string, size: number): void {
  const known = map.get(name) ?? { swarms: 0, peers: 0 };
  known.swarms++;
  known.peers += size;
  map.set(name, known);
}
