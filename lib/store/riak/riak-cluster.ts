/** Everything of the store that needs the client. It is imported when the first call is made: a process without Riak never loads it. */
import { routeClientLog } from './client-log.js';
import { Commands } from './commands.js';
import { ConnectionPool } from './connection-pool.js';
import { NodeConnection } from './node-connection.js';
import type { RiakStoreOptions } from './options.js';
import { RiakCaller } from './riak-caller.js';

export interface RiakCluster {
  readonly caller: RiakCaller;
  readonly swarms: Commands;
  readonly counts: Commands;
  /** For commands that many nodes work on together. */
  readonly listing: Commands;
}

/** Connects to nothing yet. */
export function openRiakCluster(options: RiakStoreOptions): RiakCluster {
  routeClientLog(options.log);
  const { auth, connectTimeoutMs } = options;
  const pool = new ConnectionPool({
    ...options,
    connect: (address, probe, events) =>
      new NodeConnection(
        { address, probe, timeoutMs: connectTimeoutMs, ...(auth === undefined ? {} : { auth }) },
        events,
      ),
  });
  const swarms = { bucketType: options.swarmBucketType, bucket: options.swarmBucket };
  const counts = { bucketType: options.countBucketType, bucket: options.countBucket };
  return {
    caller: new RiakCaller(pool),
    swarms: new Commands(swarms, options.callTimeoutMs),
    counts: new Commands(counts, options.callTimeoutMs),
    listing: new Commands(swarms, options.keysTimeoutMs),
  };
}
