/** What every handler of a request is given, and the checks that they share. */

import { printed, RiakCrash, RiakError } from './answers.js';
import type { BucketType } from './bucket-types.js';
import type { Cluster } from './cluster.js';
import type { VersionVector } from './dvv.js';
import { NOTHING_SEEN } from './dvv.js';
import type { Task } from './coordination.js';
import { idOf } from './key-index.js';
import { decodeVclock, VclockError } from './vclock.js';

export interface Context {
  readonly cluster: Cluster;
  /** Which node of the cluster was asked, from 0. */
  readonly node: number;
  readonly nodeName: string;
  readonly now: () => number;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** False as with a backend without secondary indexes, such as bitcask. */
  readonly secondaryIndexes: boolean;
  /** True if a read is answered by a replica that has missed the last write. */
  readonly stale?: boolean;
}

interface Place {
  readonly type?: Buffer | undefined;
  readonly bucket?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

const DEFAULT_TYPE = 'default';

export function typeName(place: Place): string {
  return place.type?.toString('latin1') ?? DEFAULT_TYPE;
}

/**
 * The bucket that a request is about: its type, and both names (the bucket's in hex). Throws a
 * RiakError for an unknown bucket type.
 */
export function requireBucket(
  context: Context,
  place: Place,
): { type: BucketType; typeName: string; bucket: string } {
  const name = typeName(place);
  const type = context.cluster.type(name);
  if (type === undefined) throw new RiakError('no_type');
  return { type, typeName: name, bucket: required(place.bucket).toString('hex') };
}

/** A request about one key, as the node that was asked gives it to the replicas. */
export function taskFor(
  context: Context,
  place: Place,
  key: Buffer,
  timeoutMs: number | undefined,
): { task: Task; type: BucketType } {
  context.cluster.reap();
  const { type, typeName, bucket } = requireBucket(context, place);
  const id = idOf(typeName, bucket, key.toString('hex'));
  const { cluster, node } = context;
  return {
    task: {
      cluster,
      node,
      id,
      copies: type.nVal,
      life: cluster.lifeOf(id),
      timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
    },
    type,
  };
}

/** Which owners of its partitions a coverage query asks. */
export function offsetOf(context: Context): number {
  return Math.floor(context.random() * 0x1000000);
}

/** Empty names are refused before anything else is looked at. */
export function refuseEmptyNames(place: Place): void {
  if (place.bucket?.length === 0) throw new RiakError('Bucket cannot be zero-length');
  if (place.key?.length === 0) throw new RiakError('Key cannot be zero-length');
  if (place.type?.length === 0) throw new RiakError('Type cannot be zero-length');
}

/** A field that the protocol demands: Riak's decoder crashes without it. */
export function required<T>(value: T | undefined): T {
  if (value === undefined)
    throw new RiakCrash('Error processing incoming message: error:missing_required_field:[]');
  return value;
}

/** What the sender had seen. Throws a RiakCrash for bytes that are no vclock. */
export function readVclock(bytes: Buffer | undefined): VersionVector {
  if (bytes === undefined) return NOTHING_SEEN;
  try {
    return decodeVclock(bytes);
  } catch (error) {
    if (!(error instanceof VclockError)) throw error;
    throw new RiakCrash(`Error processing incoming message: error:{badmatch,${printed(bytes)}}:[]`);
  }
}

/**
 * No operation of a real cluster is faster. A request that allows less time is answered with a
 * timeout.
 */
const FASTEST_ANSWER_MS = 2;

export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && timeoutMs > 0 && timeoutMs < FASTEST_ANSWER_MS)
    throw new RiakError('timeout');
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Riak names new objects and versions with about 22 letters and digits. */
export function uniqueName(random: () => number): Buffer {
  let name = '';
  for (let i = 0; i < 22; i += 1) name += ALPHABET.charAt(Math.floor(random() * ALPHABET.length));
  return Buffer.from(name);
}
