import type { Clock, Random } from '../../environment.js';
import type { Log } from '../../log.js';

/** The protocol-buffers listener of a Riak node. */
export interface RiakNodeAddress {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Riak security: a user, known by a password or by a client certificate, always over TLS. */
export interface RiakAuth {
  readonly user: string;
  readonly password?: string;
  /** PEM: the authority that signed the nodes' certificates; otherwise those that Node trusts. */
  readonly ca?: string;
  /** PEM: client certificate and its private key. */
  readonly cert?: string;
  readonly key?: string;
  /** False accepts any certificate of a node: only for a cluster on a network that is trusted. */
  readonly verify: boolean;
}

export interface RiakStoreOptions {
  /** At least one. Any of them may be down. */
  readonly nodes: readonly RiakNodeAddress[];
  /** Shards: a bucket type with allow_mult and dvv_enabled. */
  readonly swarmBucketType: string;
  readonly swarmBucket: string;
  /** Download counts: a bucket type with the datatype counter. */
  readonly countBucketType: string;
  readonly countBucket: string;
  /** The longest that one call may take, waiting for a connection and a repeated attempt included. */
  readonly callTimeoutMs: number;
  /** The longest silence while a connection opens, and of a node that is asked for a sign of life. */
  readonly connectTimeoutMs: number;
  /**
   * How long a read waits for replicas that are silent, before the first answer of another one
   * stands.
   */
  readonly replicaTimeoutMs: number;
  /** The longest that one page of `keys` may take: an index query asks many nodes at once. */
  readonly keysTimeoutMs: number;
  /** Most connections to each node; one connection runs one command at a time. */
  readonly maxConnections: number;
  /** Most calls that wait for a connection; more are refused at once. */
  readonly queueDepth: number;
  /**
   * A connection that was unused for longer is replaced: a node, or a network between, may have
   * dropped it.
   */
  readonly idleTimeoutMs: number;
  readonly auth?: RiakAuth;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the settings say of the cluster. */
export type RiakDeployment = Omit<RiakStoreOptions, 'log' | 'clock' | 'random'>;
