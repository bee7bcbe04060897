/** What the cluster holds: one set of data for all its nodes, as replicas that always agree. */

import type { BucketType } from './bucket-types.js';
import type { DataTypeState } from './data-types.js';
import type { DottedValues, VersionVector } from './dvv.js';
import { NOTHING_SEEN, write } from './dvv.js';
import type { Content } from './messages.js';
import { SortedKeys } from './sorted-keys.js';

/** The values of a key, and what a new write of each node is called. */
export interface RiakObject {
  readonly state: DottedValues<Content>;
  /** Node -> actor. An object that comes back after it was removed has new actors, so that a vclock of its former life covers nothing of it. */
  readonly actors: ReadonlyMap<number, number>;
  /** Before the last write: what a replica still holds that has missed it. Undefined if there was nothing. */
  readonly previous: DottedValues<Content> | undefined;
}

export interface Bucket {
  /** By the key in lower-case hex. */
  readonly objects: Map<string, RiakObject>;
  readonly dataTypes: Map<string, DataTypeState>;
  readonly keys: SortedKeys;
}

/** How long a tombstone stays: Riak's delete_mode. Immediate is 0. */
export type DeleteMode = { readonly afterMs: number } | 'keep';

/** A write would leave more values beside each other than Riak's max_siblings allows. */
export class TooManySiblingsError extends Error {
  override readonly name = 'TooManySiblingsError';

  constructor(readonly siblings: number) {
    super(`too many siblings: ${siblings}`);
  }
}

interface Settings {
  readonly types: ReadonlyMap<string, BucketType>;
  readonly deleteMode: DeleteMode;
  readonly maxSiblings: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface Reaping {
  readonly bucket: Bucket;
  readonly key: string;
  readonly object: RiakObject;
  readonly dueAt: number;
}

export class RiakData {
  /** Bucket type -> bucket name in hex -> bucket. */
  private readonly buckets = new Map<string, Map<string, Bucket>>();
  private readonly reapings: Reaping[] = [];
  private lastActor = 0;
  /** The most values that any object has held at once, and the most bytes of values. */
  readonly peak = { siblings: 0, objectBytes: 0 };

  constructor(private readonly settings: Settings) {}

  type(name: string): BucketType | undefined {
    return this.settings.types.get(name);
  }

  bucket(type: string, name: string): Bucket {
    this.reap();
    let named = this.buckets.get(type);
    if (named === undefined) this.buckets.set(type, (named = new Map<string, Bucket>()));
    let bucket = named.get(name);
    if (bucket === undefined) {
      bucket = { objects: new Map(), dataTypes: new Map(), keys: new SortedKeys() };
      named.set(name, bucket);
    }
    return bucket;
  }

  /** Names, in hex, of the buckets of a type that hold something. */
  bucketNames(type: string): string[] {
    this.reap();
    const named = this.buckets.get(type) ?? new Map<string, Bucket>();
    return [...named].filter(([, bucket]) => bucket.keys.size > 0).map(([name]) => name);
  }

  /** Writes a value as the node `node`; the values that `context` covers are replaced. Throws a TooManySiblingsError and keeps all as it was. */
  write(
    type: BucketType,
    bucket: Bucket,
    key: string,
    node: number,
    value: Content,
    context: VersionVector,
  ): RiakObject {
    const held = bucket.objects.get(key);
    const actor = held?.actors.get(node) ?? this.newActor();
    let state = write(
      held?.state ?? { clock: NOTHING_SEEN, values: [] },
      actor,
      value,
      context,
      !type.dvvEnabled,
    );
    if (!type.allowMult) state = { clock: state.clock, values: state.values.slice(-1) };
    if (state.values.length > this.settings.maxSiblings) throw new TooManySiblingsError(state.values.length);
    const actors = new Map(held?.actors).set(node, actor);
    const object = { state, actors, previous: held?.state };
    bucket.objects.set(key, object);
    bucket.keys.add(key);
    this.measure(object);
    if (isTombstone(object)) this.reapLater(bucket, key, object);
    return object;
  }

  /** The state of a key of a data type; its actor is one for all nodes, as they share the data. */
  writeDataType(bucket: Bucket, key: string, state: DataTypeState): void {
    bucket.dataTypes.set(key, state);
    bucket.keys.add(key);
  }

  removeDataType(bucket: Bucket, key: string): void {
    if (bucket.dataTypes.delete(key)) bucket.keys.delete(key);
  }

  newActor(): number {
    this.lastActor += 1;
    return this.lastActor;
  }

  private measure(object: RiakObject): void {
    const { values } = object.state;
    const bytes = values.reduce((sum, { value }) => sum + (value.value?.length ?? 0), 0);
    this.peak.siblings = Math.max(this.peak.siblings, values.length);
    this.peak.objectBytes = Math.max(this.peak.objectBytes, bytes);
  }

  private reapLater(bucket: Bucket, key: string, object: RiakObject): void {
    const { deleteMode, now } = this.settings;
    if (deleteMode === 'keep') return;
    this.reapings.push({ bucket, key, object, dueAt: now() + deleteMode.afterMs });
  }

  /** Riak reaps with timers; here tombstones go when somebody next looks, which nobody can tell apart. */
  private reap(): void {
    if (this.reapings.length === 0) return;
    const now = this.settings.now();
    for (let first = this.reapings[0]; first !== undefined && first.dueAt <= now; first = this.reapings[0]) {
      this.reapings.shift();
      if (first.bucket.objects.get(first.key) !== first.object) continue;
      first.bucket.objects.delete(first.key);
      first.bucket.keys.delete(first.key);
    }
  }
}

/** True if the object has nothing but tombstones: a reader finds nothing. */
export function isTombstone({ state }: Pick<RiakObject, 'state'>): boolean {
  return state.values.every(({ value }) => value.deleted === true);
}
