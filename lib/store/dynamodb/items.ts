/**
 * What the table holds. Items of a partition are sorted by key: 256 partitions for shards, by the
 * first two digits of the infohash, make a range of keys readable in order. After them comes one
 * for the keys of policies. Counts have 256 partitions of their own.
 *
 * A shard: `p` two digits, `k` the key, `v` the value, `n` a text that every write changes.
 * A count: `p` a hash sign and two digits, `k` the infohash, `c` the number.
 */
import { StoreError } from '../errors.js';
import type { Held } from '../store.js';

export interface TextValue {
  readonly S: string;
}

export interface ItemKey {
  readonly p: TextValue;
  readonly k: TextValue;
}

/** An item as it comes, of which nothing is certain. */
export interface Item {
  readonly k?: Partial<TextValue>;
  readonly v?: { readonly B?: string };
  readonly n?: Partial<TextValue>;
  readonly c?: { readonly N?: string };
}

const partitionDigits = 2;
const shardPartitions = 16 ** partitionDigits;
/** As the keys of policies begin, after those of all infohashes. */
const policyPartition = 'po';
export const partitionCount = shardPartitions + 1;

/** In ascending order. */
export function partitionNamed(number: number): string {
  if (number >= shardPartitions) return policyPartition;
  return number.toString(16).padStart(partitionDigits, '0');
}

export function shardKey(key: string): ItemKey {
  return { p: { S: key.slice(0, partitionDigits) }, k: { S: key } };
}

export function countKey(infohash: string): ItemKey {
  return { p: { S: `#${infohash.slice(0, partitionDigits)}` }, k: { S: infohash } };
}

/** The condition that a shard is in the state with this version; undefined: that it is not there. */
export function inState(version: string | undefined): object {
  return version === undefined
    ? { ConditionExpression: 'attribute_not_exists(k)' }
    : { ConditionExpression: 'n = :n', ExpressionAttributeValues: { ':n': { S: version } } };
}

export function heldIn(item: Item | undefined): Held {
  if (item === undefined) return { values: [], version: undefined };
  const { v: { B: value } = {}, n: { S: version } = {} } = item;
  // No value at all, so it was never written by this store. An empty one is an empty text.
  if (value === undefined || version === undefined) throw new StoreError('an item that is no shard');
  return { values: [Buffer.from(value, 'base64')], version };
}

export function countIn(item: Item | undefined): number {
  return Number(item?.c?.N ?? 0);
}
