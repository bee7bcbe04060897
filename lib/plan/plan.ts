/**
 * What a site of some size needs. Everything follows from inputs that can be changed, and from
 * figures that were measured (measured.ts): none is typed in here.
 */
import { LMDB_LOG_BYTES, type ClassCost, type Figure, type Measured, type RequestCount } from './measured.js';
import { sizeClasses, type SizeClass } from './swarm-sizes.js';

export type PlannedStore = 'lmdb' | 'riak' | 's3' | 'dynamodb';

/** What a reader may change. */
export interface PlanInput {
  readonly peers: number;
  /** ANNOUNCE_INTERVAL, seconds, and INTERVAL_JITTER, percent. */
  readonly intervalSeconds: number;
  readonly jitterPercent: number;
  /** Of 100 announces so many start, complete or stop, beside those that come each interval. */
  readonly eventPercent: number;
  readonly store: PlannedStore;
  readonly shardPeers: number;
  readonly refreshEvery: number;
  /** The share of a core or node that is used when all is well. */
  readonly load: number;
  /** Most announces in one run, and how long one waits for others, FRONT_WAIT. */
  readonly batchRequests: number;
  readonly batchWaitMs: number;
  /** Fronts that announces are spread over. */
  readonly fronts: number;
  /** Puts a second that one core of Riak does, with n_val 3 (docs/riak.md, measured on one node). */
  readonly riakOperationsPerCore: number;
  readonly riakCores: number;
  readonly riakCopies: number;
  /** What Riak keeps beside the value of an object, bytes (docs/riak.md, an estimate). */
  readonly riakObjectBytes: number;
  /** Bytes a second that a node's network moves. */
  readonly nodeBytesPerSecond: number;
  /** Bytes of a stored peer: 31 over IPv4, 43 over IPv6. */
  readonly peerBytes: number;
}

export const PLAN_DEFAULTS: PlanInput = {
  peers: 1_000_000,
  intervalSeconds: 1800,
  jitterPercent: 10,
  eventPercent: 8,
  store: 'riak',
  shardPeers: 192,
  refreshEvery: 1,
  load: 0.5,
  batchRequests: 256,
  batchWaitMs: 4,
  fronts: 2,
  riakOperationsPerCore: 1100,
  riakCores: 8,
  riakCopies: 3,
  riakObjectBytes: 400,
  nodeBytesPerSecond: 100e6,
  peerBytes: 32.2,
};

export interface Plan {
  readonly swarms: number;
  readonly largestSwarm: number;
  readonly announcesPerSecond: Figure;
  /** On OpenWhisk. Undefined for LMDB, which belongs to one process. */
  readonly runsPerSecond: Figure | undefined;
  readonly batchedRunsPerSecond: Figure | undefined;
  /** Containers of one core, one announce a run; processes, on LMDB. */
  readonly containers: Figure;
  readonly batchedContainers: Figure | undefined;
  readonly operationsPerSecond: Figure;
  readonly bytesStored: number;
  /** To and from the store. */
  readonly bytesPerSecond: number;
  /** Of Riak; undefined for others. */
  readonly nodes: Figure | undefined;
  /** Of DynamoDB, a second. */
  readonly writeUnitsPerSecond: Figure | undefined;
  /** US dollars for 30 days; undefined where no price applies. */
  readonly dollarsPerMonth: Figure | undefined;
  /** The share of peers in swarms that the store cannot hold, 0 to 1. */
  readonly impossible: number;
}

const MONTH_SECONDS = 30 * 86_400;
const HEADER_BYTES = 20;
/** A shard that splits is half full: shards are so full on average. */
const SHARD_FILL = Math.LN2;
const DYNAMO_ITEM_BYTES = 400 * 1024;
const MIN_RIAK_NODES = 3;

/** This tracker. */
export function plan(input: PlanInput, measured: Measured): Plan {
  const sizes = sizeClasses(input.peers);
  const announces = announcesOf(input);
  const factor = measured.refreshFactors.get(input.refreshEvery);
  if (factor === undefined) {
    throw new RangeError(`REFRESH_EVERY=${input.refreshEvery} was not simulated`);
  }
  const mean = meanOf(sizes, (size) => classFor(measured.classes, size).operations);
  const perAnnounce: Figure = {
    low: measured.warmOperations.low * factor.writes,
    middle: mean * factor.operations,
    high: Math.max(mean, measured.coldOperations.high),
  };
  const moved = meanOf(sizes, (size) => {
    const { operations, shardBytes } = classFor(measured.classes, size);
    return operations * shardBytes;
  });
  const bytesStored = storedBytes(input, measured, sizes);
  return {
    ...shape(sizes),
    announcesPerSecond: announces,
    ...platform(input, measured, announces),
    operationsPerSecond: times(announces, perAnnounce),
    bytesStored,
    bytesPerSecond: announces.middle * moved * factor.operations,
    ...storePart(input, measured, sizes, announces, {
      perAnnounce,
      movedPerAnnounce: moved * factor.operations,
      writes: factor.writes,
      cost: (size) => requestsFor(input, measured, size),
      bytesStored,
    }),
    impossible: 0,
  };
}

/** A design that reads and writes all peers of a swarm with each announce, on the same inputs. */
export function planWholeSwarms(input: PlanInput, measured: Measured): Plan {
  const sizes = sizeClasses(input.peers);
  const announces = announcesOf(input);
  const swarmBytes = (size: number): number => HEADER_BYTES + size * input.peerBytes;
  const moved = 2 * meanOf(sizes, swarmBytes);
  const objects = sizes.reduce((sum, { swarms }) => sum + swarms, 0);
  const bytes = input.peers * input.peerBytes + objects * HEADER_BYTES;
  const bytesStored =
    input.store === 'riak' ? (bytes + objects * input.riakObjectBytes) * input.riakCopies : bytes;
  const cost = (size: number): { cold: RequestCount; warm: RequestCount } => {
    const one = {
      puts: 1,
      gets: 1,
      writeUnits: Math.ceil(swarmBytes(size) / 1024),
      readUnits: Math.ceil(swarmBytes(size) / 4096),
    };
    return { cold: one, warm: one };
  };
  const fits = (size: number): boolean => input.store !== 'dynamodb' || swarmBytes(size) <= DYNAMO_ITEM_BYTES;
  return {
    ...shape(sizes),
    announcesPerSecond: announces,
    ...platform(input, measured, announces),
    operationsPerSecond: times(announces, { low: 2, middle: 2, high: 2 }),
    bytesStored,
    bytesPerSecond: announces.middle * moved,
    ...storePart(input, measured, sizes, announces, {
      perAnnounce: { low: 2, middle: 2, high: 2 },
      movedPerAnnounce: moved,
      writes: 1,
      cost,
      bytesStored,
    }),
    impossible: 1 - meanOf(sizes, (size) => (fits(size) ? 1 : 0)),
  };
}

function shape(sizes: readonly SizeClass[]): Pick<Plan, 'swarms' | 'largestSwarm'> {
  return {
    swarms: sizes.reduce((sum, { swarms }) => sum + swarms, 0),
    largestSwarm: Math.round(sizes[0]?.peers ?? 0),
  };
}

/** A client waits for the interval and up to as much more as the jitter is, and tells events at once. */
function announcesOf({ peers, intervalSeconds, jitterPercent, eventPercent }: PlanInput): Figure {
  const longest = intervalSeconds * (1 + jitterPercent / 100);
  const all = peers / (1 - eventPercent / 100);
  return {
    low: all / longest,
    middle: all / ((intervalSeconds + longest) / 2),
    high: all / intervalSeconds,
  };
}

function platform(
  { store, load, fronts, batchWaitMs, batchRequests }: PlanInput,
  measured: Measured,
  announces: Figure,
): Pick<Plan, 'runsPerSecond' | 'batchedRunsPerSecond' | 'containers' | 'batchedContainers'> {
  if (store === 'lmdb') {
    return {
      runsPerSecond: undefined,
      batchedRunsPerSecond: undefined,
      containers: whole(divided(announces, measured.processAnnounces), 1 / load),
      batchedContainers: undefined,
    };
  }
  // A front sends what has come once the first has waited, or sooner if a run is full.
  const batched = (perSecond: number): number =>
    Math.min(perSecond, Math.max((fronts * 1000) / Math.max(1, batchWaitMs), perSecond / batchRequests));
  const microseconds: Figure = {
    low: measured.warmMicroseconds.low,
    middle: measured.coldMicroseconds.middle,
    high: measured.coldMicroseconds.high,
  };
  const cores = scaled(times(announces, microseconds), 1e-6);
  return {
    runsPerSecond: announces,
    batchedRunsPerSecond: {
      low: batched(announces.low),
      middle: batched(announces.middle),
      high: batched(announces.high),
    },
    containers: whole(sum(divided(announces, measured.runsPerCore), cores), 1 / load),
    batchedContainers: whole(cores, 1 / load),
  };
}

/** What differs between the two designs where a store is concerned. */
interface Demand {
  readonly perAnnounce: Figure;
  readonly movedPerAnnounce: number;
  /** Of the writes of `cost` this share is made. */
  readonly writes: number;
  readonly cost: (swarmPeers: number) => { readonly cold: RequestCount; readonly warm: RequestCount };
  readonly bytesStored: number;
}

function storePart(
  input: PlanInput,
  { prices }: Measured,
  sizes: readonly SizeClass[],
  announces: Figure,
  demand: Demand,
): Pick<Plan, 'nodes' | 'writeUnitsPerSecond' | 'dollarsPerMonth'> {
  const { store, load } = input;
  const none = { nodes: undefined, writeUnitsPerSecond: undefined, dollarsPerMonth: undefined };
  if (store === 'lmdb') return none;
  if (store === 'riak') {
    const byOperations = scaled(
      times(announces, demand.perAnnounce),
      1 / (input.riakOperationsPerCore * input.riakCores * load),
    );
    // Each byte comes once from a client, or goes to it, and once to or from each other copy.
    const bytes = announces.middle * demand.movedPerAnnounce * input.riakCopies;
    const byBytes = bytes / (input.nodeBytesPerSecond * load);
    const nodes = (n: number): number => Math.max(MIN_RIAK_NODES, Math.ceil(Math.max(n, byBytes)));
    return {
      ...none,
      nodes: {
        low: nodes(byOperations.low),
        middle: nodes(byOperations.middle),
        high: nodes(byOperations.high),
      },
    };
  }
  const price = ({ puts, gets, writeUnits, readUnits }: RequestCount): number =>
    store === 's3'
      ? puts * demand.writes * prices.s3.put + gets * prices.s3.get
      : writeUnits * demand.writes * prices.dynamoDb.writeUnit + readUnits * prices.dynamoDb.readUnit;
  const cold = meanOf(sizes, (size) => price(demand.cost(size).cold));
  const warm = meanOf(sizes, (size) => price(demand.cost(size).warm));
  const { gigabyteMonth } = store === 's3' ? prices.s3 : prices.dynamoDb;
  const storage = (demand.bytesStored / 1e9) * gigabyteMonth;
  const dollars = (perSecond: number, each: number): number => perSecond * each * MONTH_SECONDS + storage;
  const units = meanOf(sizes, (size) => demand.cost(size).cold.writeUnits) * demand.writes;
  return {
    ...none,
    writeUnitsPerSecond: store === 'dynamodb' ? scaled(announces, units) : undefined,
    dollarsPerMonth: {
      low: dollars(announces.low, warm),
      middle: dollars(announces.middle, cold),
      high: dollars(announces.high, cold),
    },
  };
}

function storedBytes(input: PlanInput, measured: Measured, sizes: readonly SizeClass[]): number {
  if (input.store === 'lmdb') return LMDB_LOG_BYTES + input.peers * measured.lmdbPeerBytes;
  const shards = sizes.reduce(
    (sum, { peers, swarms }) => sum + swarms * shardsOf(peers, input.shardPeers),
    0,
  );
  const bytes = input.peers * input.peerBytes + shards * HEADER_BYTES;
  return input.store === 'riak' ? (bytes + shards * input.riakObjectBytes) * input.riakCopies : bytes;
}

function shardsOf(peers: number, shardPeers: number): number {
  return peers <= shardPeers ? 1 : peers / (shardPeers * SHARD_FILL);
}

function classFor(classes: readonly ClassCost[], size: number): ClassCost {
  const found = classes.find(({ maxPeers }) => size <= maxPeers) ?? classes.at(-1);
  if (found === undefined) throw new RangeError('no class of swarms was simulated');
  return found;
}

/** What was counted for the swarm size next to this one, by ratio. */
function requestsFor(
  { shardPeers }: PlanInput,
  { storeCosts }: Measured,
  size: number,
): { cold: RequestCount; warm: RequestCount } {
  const distance = (peers: number): number => Math.abs(Math.log(peers / size));
  const [first, ...others] = storeCosts.filter((cost) => cost.shardPeers === shardPeers);
  if (first === undefined)
    throw new RangeError(`SHARD_PEERS=${shardPeers} was not counted on S3 and DynamoDB`);
  return others.reduce(
    (best, cost) => (distance(cost.swarmPeers) < distance(best.swarmPeers) ? cost : best),
    first,
  );
}

/** The mean over announces: a swarm counts by its peers. */
function meanOf(sizes: readonly SizeClass[], of: (size: number) => number): number {
  let sum = 0;
  let all = 0;
  for (const { peers, swarms } of sizes) {
    sum += of(peers) * peers * swarms;
    all += peers * swarms;
  }
  return sum / all;
}

function times(a: Figure, b: Figure): Figure {
  return { low: a.low * b.low, middle: a.middle * b.middle, high: a.high * b.high };
}

function sum(a: Figure, b: Figure): Figure {
  return { low: a.low + b.low, middle: a.middle + b.middle, high: a.high + b.high };
}

function divided(a: Figure, b: Figure): Figure {
  return { low: a.low / b.high, middle: a.middle / b.middle, high: a.high / b.low };
}

function scaled({ low, middle, high }: Figure, by: number): Figure {
  return { low: low * by, middle: middle * by, high: high * by };
}

/** Scaled, and rounded up to whole ones. */
function whole(figure: Figure, by: number): Figure {
  const { low, middle, high } = scaled(figure, by);
  return { low: Math.ceil(low), middle: Math.ceil(middle), high: Math.ceil(high) };
}
