/**
 * What announces ask of Riak, counted at the sockets of the double, and the processor time that
 * they take in the tracker's process, Riak client included. The action is the deployed bundle with
 * the store that it makes from its parameters; the double is a process of its own.
 */
import { createRequire } from 'node:module';
import { riakOptions } from '../../lib/store/riak/settings.js';
import { parseConfig } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import type { WebAction, WebActionParams } from '../../lib/openwhisk/web-action.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { startRiakDoubleProcess, type RiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak-double/tracker-types.js';
import { announceTarget, addressOf, escapeInfohash, infohashOf } from '../load/numbered.js';
import { bundlePath } from '../paths.js';
import { config, strictLog } from '../support/tracker.js';
import { evenShards, putAll } from '../support/stored-swarm.js';
import { work } from './work.js';

export interface OperationsInput {
  readonly rounds: number;
  readonly quick: boolean;
}

/** For each announce. */
export interface OperationsCost {
  readonly operations: number;
  readonly microseconds: number;
}

export type Warmth = 'cold' | 'warm' | 'hot' | 'hot and large';
export type OperationsOutput = Readonly<Record<Warmth, readonly OperationsCost[]>>;

/** Peers of a swarm of one shard. */
const SIZE = 100;
const AT_ONCE = 64;
const LAST_SEEN_MS = 1_500_000;

export interface OperationsWorker {
  readonly input: OperationsInput;
  readonly output: OperationsOutput;
}

work<OperationsWorker>(async ({ rounds, quick }) => {
  const double = await startRiakDoubleProcess({ types: trackerTypes });
  try {
    const bench = new RiakBench(double);
    const output: Record<Warmth, OperationsCost[]> = { cold: [], warm: [], hot: [], 'hot and large': [] };
    const swarms = quick ? 200 : 500;
    for (let round = 0; round <= rounds; round++) {
      const costs = {
        cold: await bench.cold(swarms),
        warm: await bench.warm(quick ? 20 : 40),
        hot: await bench.hot(quick ? 10 : 30),
        'hot and large': await bench.hotAndLarge(quick ? 1000 : 4000),
      };
      // Round 0 is for the compiler.
      if (round > 0) for (const warmth of WARMTHS) output[warmth].push(costs[warmth]);
    }
    return output;
  } finally {
    await double.close();
  }
});

const WARMTHS: readonly Warmth[] = ['cold', 'warm', 'hot', 'hot and large'];

class RiakBench {
  /** Swarms up to here have been used. */
  private used = 0;

  constructor(private readonly double: RiakDoubleProcess) {}

  /** One announce in each of many swarms that are stored, but that this process does not remember. */
  async cold(swarms: number): Promise<OperationsCost> {
    const first = await this.store(swarms, SIZE);
    const action = this.freshAction();
    // The first makes connections.
    await announce(action, this.request(first, 0));
    const rest = upFrom(first + 1, swarms - 1).map((swarm) => this.request(swarm, 0));
    return this.costOf(rest.length, () => inTurn(rest, (request) => announce(action, request)));
  }

  /** Announces of many peers, one after the other, in some swarms that this process has just used. */
  async warm(swarms: number): Promise<OperationsCost> {
    const first = await this.store(swarms, SIZE);
    const action = this.freshAction();
    const requests = upFrom(swarms, swarms * (SIZE / 2)).map((i) =>
      this.request(first + (i % swarms), Math.floor(i / swarms)),
    );
    await this.announceFirsts(action, first, swarms);
    return this.costOf(requests.length, () => inTurn(requests, (request) => announce(action, request)));
  }

  /** The peers of one swarm of one shard, 64 at once; then those of the next swarm. */
  async hot(swarms: number): Promise<OperationsCost> {
    const first = await this.store(swarms, SIZE);
    const action = this.freshAction();
    const bySwarm = upFrom(first, swarms).map((swarm) =>
      upFrom(1, SIZE - 1).map((member) => this.request(swarm, member)),
    );
    await this.announceFirsts(action, first, swarms);
    return this.costOf(swarms * (SIZE - 1), async () => {
      for (const requests of bySwarm) await inParallel(requests, (request) => announce(action, request));
    });
  }

  /** The peers of one swarm of many shards, 64 at once. */
  async hotAndLarge(size: number): Promise<OperationsCost> {
    const swarm = await this.store(1, size);
    const action = this.freshAction();
    const requests = upFrom(0, size).map((member) => this.request(swarm, member, size));
    const rest = requests.splice(size / 2);
    await inParallel(requests, (request) => announce(action, request));
    return this.costOf(rest.length, () => inParallel(rest, (request) => announce(action, request)));
  }

  /** What runs, for each announce. */
  private async costOf(announces: number, run: () => Promise<void>): Promise<OperationsCost> {
    globalThis.gc?.();
    await this.double.call('resetCounts');
    const cpu = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(cpu);
    const { byCode } = await this.double.call('statistics');
    const operations = Object.values(byCode).reduce((sum, count) => sum + count, 0);
    return { operations: operations / announces, microseconds: (user + system) / announces };
  }

  /** Stores new swarms. Gives the number of the first. */
  private async store(swarms: number, size: number): Promise<number> {
    const first = this.used;
    this.used += swarms;
    const options = riakOptions(parseConfig({ STORE: 'riak', RIAK_NODES: this.double.addresses }));
    const store = openRiakStore({ ...options, clock: systemClock, random: Math.random, log: strictLog });
    await putAll(
      store,
      evenShards(first, swarms, size, Date.now() - LAST_SEEN_MS, config.shardPeers),
      AT_ONCE,
    );
    await store.close();
    return first;
  }

  /** The action as in a container that has just started: it remembers nothing. */
  private freshAction(): WebAction {
    const file = bundlePath('announce');
    const require = createRequire(import.meta.url);
    Reflect.deleteProperty(require.cache, require.resolve(file));
    return (require(file) as { main: WebAction }).main;
  }

  /** An announce of the first peer of each swarm, so that the action remembers them. */
  private announceFirsts(action: WebAction, first: number, swarms: number): Promise<void> {
    return inTurn(upFrom(first, swarms), (swarm) => announce(action, this.request(swarm, 0)));
  }

  /** A peer's announce as the action takes it. Made before anything is measured. */
  private request(swarm: number, member: number, size = SIZE): WebActionParams {
    const peer = swarm * size + member;
    return {
      __ow_method: 'get',
      __ow_headers: {
        'x-original-uri': announceTarget(escapeInfohash(infohashOf(swarm)), peer),
        'x-real-ip': addressOf(peer),
      },
      __ow_path: '',
      __ow_query: '',
      STORE: 'riak',
      RIAK_NODES: this.double.addresses,
    };
  }
}

async function announce(action: WebAction, request: WebActionParams): Promise<void> {
  const { body } = await action(request);
  const reply = Buffer.from(body, 'base64');
  if (reply.includes('failure reason')) throw new Error(reply.toString('latin1'));
}

function upFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

async function inTurn<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  for (const item of items) await run(item);
}

/** Each of 64 takes the next as soon as its last is answered. */
async function inParallel<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const entries = items.values();
  const runner = async (): Promise<void> => {
    for (const item of entries) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
}
