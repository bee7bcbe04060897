/** Moves what a simulation has stored in memory to a store that is to be counted. */
import { parseConfig } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import { openRiakStore } from '../../lib/store/riak/riak-store.js';
import { riakOptions } from '../../lib/store/riak/settings.js';
import type { Store } from '../../lib/store/store.js';
import { parseShardKey } from '../../lib/swarm/shard/placement.js';
import { strictLog } from '../support/tracker.js';

const PAGE_KEYS = 1000;
/** Nothing is to fail because the machine is busy. */
const PATIENT = { callTimeoutMs: 60_000, connectTimeoutMs: 30_000, replicaTimeoutMs: 30_000 };

/** @param nodes addresses of Riak's nodes, as RIAK_NODES has them */
export function openPatientRiak(nodes: string): Store {
  const config = parseConfig({ STORE: 'riak', RIAK_NODES: nodes });
  const context = { clock: systemClock, random: Math.random, log: strictLog };
  return openRiakStore({ ...riakOptions(config), ...PATIENT, ...context });
}

/** Writes all shards of one store to another one that is empty. */
export async function copyShards(from: Store, to: Store): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await from.keys({ from: '0', to: 'g' }, cursor, PAGE_KEYS);
    for (const key of page.keys) {
      if (parseShardKey(key) === undefined) continue;
      for (const value of (await from.fetch(key)).values) await to.put(key, value);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}
