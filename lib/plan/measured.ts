/** The figures that a plan is made from, as the measurements of bench/ have left them. */

/** The middle of several rounds, and the lowest and highest. */
export interface Figure {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** What an announce to a swarm of such a size asks of S3 and DynamoDB. */
export interface StoreCost {
  readonly swarmPeers: number;
  readonly shardPeers: number;
  readonly cold: RequestCount;
  readonly warm: RequestCount;
}

export interface RequestCount {
  readonly puts: number;
  readonly gets: number;
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** US dollars. */
export interface Prices {
  readonly s3: { readonly put: number; readonly get: number; readonly gigabyteMonth: number };
  readonly dynamoDb: {
    readonly writeUnit: number;
    readonly readUnit: number;
    readonly gigabyteMonth: number;
  };
}

/** Operations and bytes in swarms of one class of sizes, as simulated. */
export interface ClassCost {
  readonly maxPeers: number;
  readonly operations: number;
  /** The mean length of a stored shard, bytes. */
  readonly shardBytes: number;
}

/** In relation to what it is where every announce is written. */
export interface RefreshFactor {
  readonly operations: number;
  /** Of these those that write. */
  readonly writes: number;
}

export interface Measured {
  /** Operations of Riak for one announce to a swarm that the process remembers, or does not. */
  readonly warmOperations: Figure;
  readonly coldOperations: Figure;
  /** Processor time of the tracker for it, microseconds. */
  readonly warmMicroseconds: Figure;
  readonly coldMicroseconds: Figure;
  /** Runs a second that one core of OpenWhisk answers if the store costs nothing. */
  readonly runsPerCore: Figure;
  /** Announces a second that one process on LMDB answers over HTTP. */
  readonly processAnnounces: Figure;
  /** Bytes on the disk for a peer, on LMDB, beside its log. */
  readonly lmdbPeerBytes: number;
  readonly classes: readonly ClassCost[];
  /** By REFRESH_EVERY: operations for an announce, in relation to those with 1. */
  readonly refreshFactors: ReadonlyMap<number, RefreshFactor>;
  readonly storeCosts: readonly StoreCost[];
  readonly prices: Prices;
}

/** The results do not have what a plan needs: they are of an earlier version, or not there. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
}

/** The result files, parsed from JSON. */
export interface ResultFiles {
  /** bench/results.json */
  readonly rows: unknown;
  /** bench/store-costs/results.json */
  readonly storeCosts: unknown;
  /** bench/simulation/results: scale.json, steady.json */
  readonly scale: unknown;
  readonly steady: unknown;
}

/** What the log of the store on LMDB takes at most: 8 files (lib/store/lmdb/shard-table.ts). */
export const LMDB_LOG_BYTES = 64 * 2 ** 20;
const HEADLINE_PEERS = 9_000_000;
const CLASS_MAX_PEERS: Readonly<Record<string, number>> = {
  '1 peer': 1,
  '2 to 6': 6,
  '7 to 30': 30,
  '31 to 192': 192,
  '193 to 5,000': 5000,
  'more than 5,000': 1e5,
  'the largest, whole': Infinity,
};

/** @throws ResultsError if a figure is missing */
export function readMeasured(files: ResultFiles): Measured {
  const lines = new Map<string, Figure>();
  for (const row of listOf(files.rows, 'bench/results.json')) {
    for (const line of listOf(field(row, 'lines'), 'lines of a row')) {
      const ours = field(line, 'ours');
      lines.set(String(field(line, 'id')), {
        low: numberOf(field(ours, 'min')),
        middle: numberOf(field(ours, 'median')),
        high: numberOf(field(ours, 'max')),
      });
    }
  }
  const line = (id: string): Figure => {
    const figure = lines.get(id);
    if (figure === undefined) throw new ResultsError(`bench/results.json has no line ${id}`);
    return figure;
  };
  return {
    warmOperations: line('operations/warm'),
    coldOperations: line('operations/cold'),
    warmMicroseconds: line('operations/warm, processor'),
    coldMicroseconds: line('operations/cold, processor'),
    runsPerCore: line('runtime/store at once'),
    processAnnounces: line('http/opentracker'),
    lmdbPeerBytes: (line('headline/disk').middle * 2 ** 30 - LMDB_LOG_BYTES) / HEADLINE_PEERS,
    classes: classesOf(files.scale),
    refreshFactors: refreshFactorsOf(files.steady),
    storeCosts: listOf(field(files.storeCosts, 'cases'), 'cases of bench/store-costs').map(storeCostOf),
    prices: field(files.storeCosts, 'prices') as Prices,
  };
}

function classesOf(scale: unknown): ClassCost[] {
  return listOf(field(scale, 'classes'), 'classes of the simulation').flatMap((one) => {
    const maxPeers = CLASS_MAX_PEERS[String(field(one, 'name'))];
    const stored = (one as { stored?: unknown }).stored;
    const announces = numberOf(field(one, 'announces'));
    if (maxPeers === undefined || stored === undefined || announces === 0) return [];
    return [
      {
        maxPeers,
        operations: numberOf(field(one, 'operations')) / announces,
        shardBytes: numberOf(field(stored, 'bytes')) / numberOf(field(stored, 'shards')),
      },
    ];
  });
}

/** Of cases that differ in REFRESH_EVERY alone. */
function refreshFactorsOf(steady: unknown): Map<number, RefreshFactor> {
  const cases = listOf(field(steady, 'cases'), 'cases of the simulation');
  const [first] = cases;
  const of = callsOf(first);
  const factors = new Map<number, RefreshFactor>();
  for (const one of cases) {
    const alike = ['peers', 'sessions', 'warmSeconds', 'processes', 'store'].every(
      (name) => field(one, name) === field(first, name),
    );
    if (!alike) continue;
    const { reads, writes } = callsOf(one);
    factors.set(numberOf(field(one, 'refreshEvery')), {
      operations: (reads + writes) / (of.reads + of.writes),
      writes: writes / of.writes,
    });
  }
  return factors;
}

/** For one announce. */
function callsOf(one: unknown): { reads: number; writes: number } {
  const counted = field(one, 'counted');
  const acts = field(counted, 'acts');
  const announces = ['start', 'announce', 'complete', 'stop'].reduce(
    (sum, name) => sum + numberOf(field(acts, name)),
    0,
  );
  const calls = field(counted, 'calls');
  return {
    reads: numberOf(field(calls, 'reads')) / announces,
    writes: numberOf(field(calls, 'writes')) / announces,
  };
}

function storeCostOf(one: unknown): StoreCost {
  const requests = (name: string): RequestCount => {
    const count = field(one, name);
    return {
      puts: numberOf(field(count, 'puts')),
      gets: numberOf(field(count, 'gets')),
      writeUnits: numberOf(field(count, 'writeUnits')),
      readUnits: numberOf(field(count, 'readUnits')),
    };
  };
  return {
    swarmPeers: numberOf(field(one, 'swarmPeers')),
    shardPeers: numberOf(field(one, 'shardPeers')),
    cold: requests('cold'),
    warm: requests('warm'),
  };
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ResultsError(`${what}: no list`);
  return value;
}

function field(of: unknown, name: string): unknown {
  const value = typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
  if (value === undefined) throw new ResultsError(`a result has no ${name}`);
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ResultsError(`${String(value)} is no number`);
  return value;
}
