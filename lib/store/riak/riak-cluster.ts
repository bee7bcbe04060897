/**
 * Everything of the store that needs the protocol. It is imported when the first call is made: a
 * process without Riak never loads it.
 */
import { Commands, type CommandTimes } from './commands.js';
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

/** A node answers a wrong password after 5 s, and may have many to check. */
const loginTimeoutMs = 30_000;
/**
 * So much of a call's time goes to its first attempt where there is another node: a little less
 * than the caller's patience.
 */
const attemptShare = 0.45;

/** Connects to nothing yet. */
export function openRiakCluster(options: RiakStoreOptions): RiakCluster {
  const { auth, connectTimeoutMs, callTimeoutMs, keysTimeoutMs } = options;
  const pool = new ConnectionPool({
    ...options,
    costlyLogin: auth !== undefined && auth.cert === undefined,
    connect: (address, probe, events) =>
      new NodeConnection(
        {
          address,
          probe,
          timeoutMs: connectTimeoutMs,
          loginTimeoutMs,
          ...(auth === undefined ? {} : { auth }),
        },
        events,
      ),
  });
  const swarms = { bucketType: options.swarmBucketType, bucket: options.swarmBucket };
  const counts = { bucketType: options.countBucketType, bucket: options.countBucket };
  const times: CommandTimes = {
    callMs: callTimeoutMs,
    attemptMs: options.nodes.length > 1 ? Math.ceil(callTimeoutMs * attemptShare) : callTimeoutMs,
    replicasMs: options.replicaTimeoutMs,
  };
  return {
    caller: new RiakCaller(pool),
    swarms: new Commands(swarms, times),
    counts: new Commands(counts, times),
    listing: new Commands(swarms, { ...times, callMs: keysTimeoutMs }),
  };
}
