import { parseArgs } from 'node:util';
import { readMeasured, ResultsError, type ResultFiles } from './measured.js';
import { plan, PLAN_DEFAULTS, planWholeSwarms, type PlanInput, type PlannedStore } from './plan.js';
import { planText } from './text.js';

const STORES: readonly PlannedStore[] = ['lmdb', 'riak', 's3', 'dynamodb'];

/** Options that are numbers, with the input that each sets. */
const NUMBERS = {
  peers: ['peers', 'peers of all swarms together, e.g. 9e6'],
  interval: ['intervalSeconds', 'ANNOUNCE_INTERVAL, seconds'],
  jitter: ['jitterPercent', 'INTERVAL_JITTER, percent'],
  events: ['eventPercent', 'announces that start, complete or stop, percent of all'],
  'shard-peers': ['shardPeers', 'SHARD_PEERS; on S3 and DynamoDB 192 or 30'],
  'refresh-every': ['refreshEvery', 'REFRESH_EVERY: 1 or 2'],
  load: ['load', 'share of a core or node that is used when all is well'],
  batch: ['batchRequests', 'FRONT_BATCH_REQUESTS'],
  wait: ['batchWaitMs', 'FRONT_WAIT, milliseconds'],
  fronts: ['fronts', 'fronts before OpenWhisk'],
  'riak-operations': ['riakOperationsPerCore', 'operations a second of a core of Riak'],
  'riak-cores': ['riakCores', 'cores of a node of Riak'],
  'riak-copies': ['riakCopies', 'n_val'],
  'riak-object-bytes': ['riakObjectBytes', 'bytes that Riak adds to an object'],
  'node-bytes': ['nodeBytesPerSecond', 'bytes a second that the network of a node moves'],
  'peer-bytes': ['peerBytes', 'bytes of a stored peer: 31 over IPv4, 43 over IPv6'],
} as const satisfies Readonly<Record<string, readonly [keyof PlanInput, string]>>;

const MAY_BE_ZERO: readonly (keyof PlanInput)[] = ['jitterPercent', 'eventPercent', 'batchWaitMs'];

/** What `npm run plan` takes. */
export function planUsage(): string {
  const lines = Object.entries(NUMBERS).map(
    ([name, [input, what]]) => `  --${name} N`.padEnd(24) + `${what}; ${PLAN_DEFAULTS[input]}`,
  );
  return [
    'Usage: npm run plan -- --peers 9e6 --interval 1800 --store riak',
    '',
    `  --store S`.padEnd(24) + `${STORES.join(', ')}; ${PLAN_DEFAULTS.store}`,
    ...lines,
    '',
  ].join('\n');
}

/**
 * @param args of the command line
 * @param readFiles reads the result files of bench/; called only if the arguments are right
 * @returns what to print, and the status to end with
 */
export function planCommand(
  args: readonly string[],
  readFiles: () => ResultFiles,
): { readonly text: string; readonly status: 0 | 1 | 2 } {
  const input = inputOf(args);
  if (typeof input === 'string') return { text: `${input}\n\n${planUsage()}`, status: 2 };
  try {
    const measured = readMeasured(readFiles());
    return { text: planText(input, plan(input, measured), planWholeSwarms(input, measured)), status: 0 };
  } catch (error) {
    if (error instanceof ResultsError || error instanceof RangeError) {
      return { text: `${error.message}\n`, status: 1 };
    }
    throw error;
  }
}

/** The input, or what is wrong with the arguments. */
function inputOf(args: readonly string[]): PlanInput | string {
  const text = { type: 'string' } as const;
  const names = Object.keys(NUMBERS);
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { store: text, ...Object.fromEntries(names.map((name) => [name, text])) },
    });
    const input: Record<string, unknown> = { ...PLAN_DEFAULTS };
    const given = new Map<string, unknown>(Object.entries(values));
    for (const [name, [field]] of Object.entries(NUMBERS)) {
      const value = given.get(name);
      if (typeof value !== 'string') continue;
      const number = value === '' ? NaN : Number(value);
      const least = MAY_BE_ZERO.includes(field) ? 0 : Number.MIN_VALUE;
      const isTooMuch = field === 'eventPercent' && number >= 100;
      if (!Number.isFinite(number) || number < least || isTooMuch)
        return `--${name}: ${value} is no such number`;
      input[field] = number;
    }
    if (values.store !== undefined) {
      if (!(STORES as readonly string[]).includes(values.store)) return `--store: takes ${STORES.join(', ')}`;
      input['store'] = values.store;
    }
    return input as unknown as PlanInput;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
