/** Whole purges, of swarms in which nothing or everything has expired. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runPurge } from '../../lib/purge/run-purge.js';
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import type { Store } from '../../lib/store/store.js';
import { infohashOf } from '../load/numbered.js';
import { LiveSwarms } from '../load/live-swarms.js';
import { config, strictLog } from '../support/tracker.js';
import { InstantStore } from '../support/instant-store.js';
import { requireRightPurge } from '../support/right-purge.js';
import { evenShards, putAll, recordOf, shardsOf, type StoredShard } from '../support/stored-swarm.js';
import { work } from './work.js';

export interface PurgeInput {
  /** For LMDB, every write flushed; undefined: a store in memory that answers at once. */
  readonly directory: string | undefined;
  readonly peers: number;
  /** 'power law': 18 peers in a swarm as the mean; otherwise so many in each. */
  readonly sizes: 'power law' | number;
  readonly expired: boolean;
  readonly rounds: number;
}

/** One a round. */
export interface PurgeOutput {
  readonly swarms: number;
  readonly peersPerSecond: readonly number[];
  readonly swarmsPerSecond: readonly number[];
}

export interface PurgeWorker {
  readonly input: PurgeInput;
  readonly output: PurgeOutput;
}

const PEERS_IN_SWARM = 18;

work<PurgeWorker>(async (input) => {
  const { directory, peers, expired, rounds } = input;
  const { shards, swarms } = populationOf(input);
  const output = { swarms, peersPerSecond: [] as number[], swarmsPerSecond: [] as number[] };
  // Round 0 is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    const data = directory === undefined ? undefined : mkdtempSync(join(directory, 'purge-'));
    const store = await openStore(data);
    await putAll(store, shards);
    globalThis.gc?.();
    const later = expired ? config.peerLifetimeSeconds * 1000 : 0;
    const start = performance.now();
    const report = await runPurge(
      { ...config, store, log: strictLog, clock: { now: () => Date.now() + later } },
      { parallelism: config.purgeParallelism },
    );
    const seconds = (performance.now() - start) / 1000;
    await store.close();
    if (data !== undefined) rmSync(data, { recursive: true });
    requireRightPurge(report, { peers, swarms }, expired);
    if (round === 0) continue;
    output.peersPerSecond.push(peers / seconds);
    output.swarmsPerSecond.push(swarms / seconds);
  }
  return output;
});

function openStore(directory: string | undefined): Promise<Store> {
  return directory === undefined
    ? Promise.resolve(new InstantStore())
    : openLmdbStore({ directory, durability: config.durability, log: strictLog });
}

function populationOf({ peers, sizes }: PurgeInput): { shards: readonly StoredShard[]; swarms: number } {
  const now = Date.now();
  if (sizes !== 'power law') {
    const swarms = Math.round(peers / sizes);
    return { shards: [...evenShards(0, swarms, sizes, now, config.shardPeers)], swarms };
  }
  const swarms = Math.round(peers / PEERS_IN_SWARM);
  const live = new LiveSwarms(peers, swarms);
  const shards: StoredShard[] = [];
  for (let swarm = 0; swarm < swarms; swarm++) {
    const first = live.starts[swarm] ?? 0;
    const size = (live.starts[swarm + 1] ?? 0) - first;
    const records = Array.from({ length: size }, (_, member) => recordOf(first + member, now));
    for (const shard of shardsOf(infohashOf(swarm), records, config.shardPeers)) shards.push(shard);
  }
  return { shards, swarms };
}
