/**
 * A test double of a Riak KV 3.2 cluster: real TCP servers that speak the protocol-buffers protocol
 * and keep everything in memory. Replaying what a real Riak has answered (transcripts.test.ts)
 * holds it to the original.
 *
 * Keys have copies on the nodes of their preference list, with quorums, stand-ins, handoff and read
 * repair as Riak has them (cluster.ts, coordination.ts). Left alone it is a perfect cluster: every
 * write is at every replica before it is answered. It has no active anti-entropy, map-reduce,
 * search, write-once or consistent buckets, maps or grow-only sets. HLLs count exactly.
 */

import type { BucketType } from './bucket-types.js';
import { DEFAULT_BUCKET_TYPES } from './bucket-types.js';
import { Cluster, type DeleteMode } from './cluster.js';
import { counterValue } from './data-types.js';
import type { Content } from './messages.js';
import { RiakDoubleNode } from './node.js';
import { OperationCounts } from './operation-counts.js';
import { seededRandom } from './random.js';
import type { SecurityOptions } from './security.js';
import { Security } from './security.js';

export interface RiakDoubleOptions {
  /** How many nodes the cluster has; default 1. */
  readonly nodes?: number;
  /** Partitions of the ring; default 64 as Riak's. */
  readonly ringSize?: number;
  /** How long after a node is up again the others hand over what they kept for it; default 1,000 ms. */
  readonly handoffAfterMs?: number;
  /** The ports of the nodes on 127.0.0.1; 0 or left out: a free one. */
  readonly ports?: readonly number[];
  /** Bucket types beside or instead of DEFAULT_BUCKET_TYPES. */
  readonly types?: Readonly<Record<string, BucketType>>;
  /** How long tombstones stay; default 3 s as Riak's. */
  readonly deleteMode?: DeleteMode;
  /** Riak's max_siblings: a write that would leave more is refused; default 100. */
  readonly maxSiblings?: number;
  /** False as with a backend without secondary indexes; default true. */
  readonly secondaryIndexes?: boolean;
  readonly security?: SecurityOptions;
  /** Seed of whatever is random; default 1. */
  readonly seed?: number;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Where clusters exchange objects: a number of its own for each, far from the others'. */
  readonly firstActor?: number;
}

/** A value that the double holds. */
export interface HeldValue {
  readonly value: Buffer;
  readonly tombstone: boolean;
}

export interface RiakDouble {
  readonly cluster: Cluster;
  readonly nodes: readonly RiakDoubleNode[];
  /** The nodes as `host:port,host:port`. */
  readonly addresses: string;
  /** Requests to all nodes, counted at the sockets. */
  readonly operations: OperationCounts;
  /** The most values that any object has held at once, and the most bytes of values in one object. */
  readonly peak: { readonly siblings: number; readonly objectBytes: number };
  /** The values under a key, tombstones among them; none if the key is not there. */
  held(type: string, bucket: string, key: string): HeldValue[];
  /** The keys of a bucket, those of tombstones among them, in order. */
  keys(type: string, bucket: string): string[];
  /** The value of a counter; undefined if it was never incremented. */
  counter(type: string, bucket: string, key: string): number | undefined;
  /** Cuts every connection and stops listening. Idempotent. */
  close(): Promise<void>;
}

const REAL_DELETE_MODE: DeleteMode = { afterMs: 3000 };
const REAL_MAX_SIBLINGS = 100;
const REAL_RING_SIZE = 64;
const HANDOFF_AFTER_MS = 1000;

/** Starts the nodes; settles when all of them listen. */
export async function startRiakDouble(options: RiakDoubleOptions = {}): Promise<RiakDouble> {
  const now = options.now ?? Date.now;
  const random = seededRandom(options.seed ?? 1);
  const count = options.nodes ?? options.ports?.length ?? 1;
  const cluster = new Cluster({
    nodes: count,
    ringSize: options.ringSize ?? REAL_RING_SIZE,
    handoffAfterMs: options.handoffAfterMs ?? HANDOFF_AFTER_MS,
    types: new Map(Object.entries({ ...DEFAULT_BUCKET_TYPES, ...options.types })),
    deleteMode: options.deleteMode ?? REAL_DELETE_MODE,
    maxSiblings: options.maxSiblings ?? REAL_MAX_SIBLINGS,
    now,
    random,
    firstActor: options.firstActor ?? 0,
  });
  const operations = new OperationCounts();
  const security = options.security === undefined ? undefined : new Security(options.security);
  const secondaryIndexes = options.secondaryIndexes ?? true;
  const nodes = Array.from({ length: count }, (_, node) => {
    const context = { cluster, node, nodeName: `node${node + 1}@127.0.0.1`, now, random, secondaryIndexes };
    return new RiakDoubleNode(options.ports?.[node] ?? 0, {
      context,
      security,
      clusterOperations: operations,
    });
  });
  const stopAll = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    cluster.close();
  };
  try {
    for (const node of nodes) await node.start();
  } catch (error) {
    await stopAll();
    throw error;
  }
  return {
    nodes,
    addresses: nodes.map(({ host, port }) => `${host}:${port}`).join(','),
    operations,
    cluster,
    peak: cluster.peak,
    held: (type, bucket, key) => {
      const stored = cluster.merged(type, hex(bucket), hex(key));
      return stored?.type === 'object' ? stored.values.map(({ value }) => heldValue(value)) : [];
    },
    keys: (type, bucket) => {
      cluster.reap();
      return [...cluster.index.keys(type, hex(bucket)).from('')].map((key) =>
        Buffer.from(key, 'hex').toString(),
      );
    },
    counter: (type, bucket, key) => {
      const stored = cluster.merged(type, hex(bucket), hex(key));
      return stored?.type === 'counter' ? counterValue(stored) : undefined;
    },
    close: stopAll,
  };
}

function hex(name: string): string {
  return Buffer.from(name).toString('hex');
}

function heldValue(content: Content): HeldValue {
  return { value: content.value ?? Buffer.alloc(0), tombstone: content.deleted === true };
}
