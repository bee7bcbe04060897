/**
 * What announces ask of Riak, counted at the sockets of the double, and the processor time that they take in the tracker's process, Riak client
 * included. The action is the deployed bundle with the store that it makes from its parameters; the double is a process of its own.
 */
import { createRequire } from 'node:module';
import { riakOptions } from '../../lib/config/riak.js';
import { parseConfig } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import type { WebAction } from '../../lib/openwhisk/web-action.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { startRiakDoubleProcess, type RiakDoubleProcess } from '../../test/riak-double/process.js';
import { trackerTypes } from '../../test/riak/support/riak-for-tracker.js';
import { announceTarget, addressOf, escapeInfohash, infohashOf } from '../load/numbered.js';
import { bundlePath } from '../paths.js';
import { config, strictLog } from '../support/action.js';
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
    await this.announce(action, first, 0);
    const rest = upFrom(1, swarms - 1);
    return this.costOf(rest.length, () => inTurn(rest, (i) => this.announce(action, first + i, 0)));
  }

  /** Announces of many peers, one after the other, in some swarms that this process has just used. */
  async warm(swarms: number): Promise<OperationsCost> {
    const first = await this.store(swarms, SIZE);
    const action = this.freshAction();
    await inTurn(upFrom(0, swarms), (i) => this.announce(action, first + i, 0));
    const all = upFrom(swarms, swarms * (SIZE / 2));
    return this.costOf(all.length, () =>
      inTurn(all, (i) => this.announce(action, first + (i % swarms), Math.floor(i / swarms))),
    );
  }

  /** The peers of one swarm of one shard, 64 at once; then those of the next swarm. */
  async hot(swarms: number): Promise<OperationsCost> {
    const first = await this.store(swarms, SIZE);
    const action = this.freshAction();
    await inTurn(upFrom(0, swarms), (i) => this.announce(action, first + i, 0));
    return this.costOf(swarms * (SIZE - 1), async () => {
      for (const swarm of upFrom(first, swarms)) {
        await inParallel(upFrom(1, SIZE - 1), (member) => this.announce(action, swarm, member));
      }
    });
  }

  /** The peers of one swarm of many shards, 64 at once. */
  async hotAndLarge(size: number): Promise<OperationsCost> {
    const swarm = await this.store(1, size);
    const action = this.freshAction();
    await inParallel(upFrom(0, size / 2), (member) => this.announce(action, swarm, member, size));
    const rest = upFrom(size / 2, size / 2);
    return this.costOf(rest.length, () =>
      inParallel(rest, (member) => this.announce(action, swarm, member, size)),
    );
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

  private async announce(action: WebAction, swarm: number, member: number, size = SIZE): Promise<void> {
    const peer = swarm * size + member;
    const { body } = await action({
      __ow_method: 'get',
      __ow_headers: {
        'x-original-uri': announceTarget(escapeInfohash(infohashOf(swarm)), peer),
        'x-real-ip': addressOf(peer),
      },
      __ow_path: '',
      __ow_query: '',
      STORE: 'riak',
      RIAK_NODES: this.double.addresses,
    });
    const reply = Buffer.from(body, 'base64');
    if (reply.includes('failure reason')) throw new Error(reply.toString('latin1'));
  }
}

function upFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

async function inTurn(items: readonly number[], run: (item: number) => Promise<void>): Promise<void> {
  for (const item of items) await run(item);
}

/** Each of 64 takes the next as soon as its last is answered. */
async function inParallel(items: readonly number[], run: (item: number) => Promise<void>): Promise<void> {
  const entries = items.values();
  const runner = async (): Promise<void> => {
    for (const item of entries) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
}
