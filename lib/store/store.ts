/**
 * The store contract: where shards and download counts live.
 *
 * A shard is one value under one key. The key is the infohash in lower-case hex, for shard n > 0
 * followed by `.` and n in decimal. Values are opaque bytes to a store. A store keeps every value
 * that was put without knowledge of the others ("siblings"), or refuses a put that does not know
 * what is held ("compare and swap"); either way it never overwrites what the writer has not seen.
 * The swarm layer merges; a store never does.
 *
 * What every store promises (test/store/conformance.ts checks it):
 * - a strong fetch sees every put, of any process, that was answered before the fetch was called;
 * - so does an eventual one, but for the puts of a moment ago where replicas follow each other, as
 *   the store documents;
 * - a put that was answered with `stored: true` is durable to the degree that the store documents;
 * - a put or remove with the version of an older state never destroys a value which that version
 *   did not cover;
 * - counts never lose and never repeat an increment that was answered;
 * - every call settles: with a result, or with a StoreError within the store's own deadline.
 */
export interface Store {
  /**
   * What is held under the key: no value, one, or concurrent ones.
   * @param consistency `eventual` unless it is said; a store without replicas that lag need not
   *   tell the two apart
   */
  fetch(key: string, consistency?: Consistency): Promise<Held>;

  /**
   * Writes a value knowing `version` (undefined: knowing of none), and tells what is held now.
   * `stored: false` (stores with compare-and-swap): the value was not written as somebody else's
   * was there; `values` has theirs. The caller merges and puts again with the new version. `stored:
   * true` with more than one value: the value was written beside concurrent ones; the next put with
   * the answered version replaces them all. The bytes of `value` belong to the store from the call
   * on: the caller never changes them again.
   */
  put(key: string, value: Uint8Array, version?: Version): Promise<PutResult>;

  /**
   * Removes the values that the version covers. A value written concurrently survives. Removing
   * what is not there is no error.
   */
  remove(key: string, version: Version): Promise<void>;

  /**
   * Adds to a count, exactly once if answered, at most once if it fails. Keys are infohashes in
   * hex.
   */
  increment(key: string, by: number): Promise<void>;

  /** A count; 0 if it was never incremented. */
  count(key: string): Promise<number>;

  /**
   * Removes a count; it is 0 then. An increment at the same moment may go with it, one that begins
   * after the answer never does. Removing what is not there is no error. A store that does not have
   * this keeps its counts for ever.
   */
  removeCount?(key: string): Promise<void>;

  /**
   * A page of shard keys with `from <= key < to` in ascending order, after `cursor`. For
   * housekeeping, never on the announce path: it may be slow. Without a cursor in the answer the
   * range is exhausted. Keys put or removed meanwhile may or may not be listed, and a removed key
   * may be listed for some time after, as the store documents.
   */
  keys(range: KeyRange, cursor: string | undefined, limit: number): Promise<KeyPage>;

  /** Settles if the store can serve reads and writes now, rejects with a StoreError if not. */
  check(): Promise<void>;

  /** Answers what is under way, then lets go of every resource. Idempotent. */
  close(): Promise<void>;
}

/**
 * `eventual`: from whichever replica answers first, which may be behind. `strong`: as every replica
 * that can be asked has it.
 */
export type Consistency = 'eventual' | 'strong';

/** What a store knows of a state of a key; only that store can read it. */
export type Version = object | string | number;

export interface Held {
  /**
   * Never to be changed by the receiver. A value may be a slice of a larger piece of memory, all of
   * which is kept by whoever keeps the value.
   */
  readonly values: readonly Uint8Array[];
  /** Undefined if nothing is held. */
  readonly version: Version | undefined;
}

export interface PutResult extends Held {
  readonly stored: boolean;
}

export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

export interface KeyPage {
  readonly keys: readonly string[];
  readonly cursor?: string;
}
