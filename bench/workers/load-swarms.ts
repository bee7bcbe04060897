/**
 * Fills an embedded store with live swarms, without announcing: nine million announces would take
 * half an hour. What is written is what announces would have left, by the tracker's own records,
 * splits and encoding (support/stored-swarm.ts).
 */
import { openLmdbStore } from '../../lib/store/lmdb/store.js';
import { infohashOf } from '../load/numbered.js';
import { LiveSwarms } from '../load/live-swarms.js';
import { config, strictLog } from '../support/tracker.js';
import { putAll, recordOf, shardsOf, type StoredShard } from '../support/stored-swarm.js';
import { work } from './work.js';

export interface LoadSwarmsInput {
  readonly directory: string;
  readonly peers: number;
  readonly swarms: number;
  /** Announces per second that these peers make. */
  readonly rate: number;
}

export interface LoadSwarmsOutput {
  readonly shards: number;
  /** Bytes of all values. */
  readonly bytes: number;
  readonly largest: number;
}

export interface LoadSwarmsWorker {
  readonly input: LoadSwarmsInput;
  readonly output: LoadSwarmsOutput;
}

work<LoadSwarmsWorker>(async ({ directory, peers, swarms, rate }) => {
  const live = new LiveSwarms(peers, swarms);
  const store = await openLmdbStore({ directory, durability: 'flush', log: strictLog });
  const startMs = Date.now();
  const output = { shards: 0, bytes: 0, largest: live.starts[1] ?? 0 };

  /** One interval before the peer's turn comes. */
  function lastSeen(peer: number): number {
    return startMs - config.announceIntervalSeconds * 1000 + (live.turns.placeOf(peer) * 1000) / rate;
  }

  function* shards(): Generator<StoredShard> {
    for (let swarm = 0; swarm < swarms; swarm++) {
      const records: Buffer[] = [];
      const end = live.starts[swarm + 1] ?? 0;
      for (let peer = live.starts[swarm] ?? 0; peer < end; peer++)
        records.push(recordOf(peer, lastSeen(peer)));
      for (const shard of shardsOf(infohashOf(swarm), records, config.shardPeers)) {
        output.shards++;
        output.bytes += shard.value.length;
        yield shard;
      }
    }
  }

  await putAll(store, shards());
  await store.close();
  return output;
});
