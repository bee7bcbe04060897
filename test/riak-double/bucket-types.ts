/** Bucket types: what `riak admin bucket-type create` makes. */

export type DataType = 'counter' | 'set' | 'hll' | 'map' | 'gset';

export interface BucketType {
  /** Keep concurrent values as siblings. Without it the last write wins. */
  readonly allowMult: boolean;
  /** Without it a write that has not seen everything replaces nothing, so siblings pile up. */
  readonly dvvEnabled: boolean;
  readonly datatype?: DataType;
  /** Copies of each object; quorums above it are refused. */
  readonly nVal: number;
}

const PLAIN: BucketType = { allowMult: false, dvvEnabled: false, nVal: 3 };
const SIBLINGS: BucketType = { allowMult: true, dvvEnabled: true, nVal: 3 };

/** The type that every Riak has, and one of each kind that the recorded transcripts use. */
export const DEFAULT_BUCKET_TYPES: Readonly<Record<string, BucketType>> = {
  default: PLAIN,
  siblings: SIBLINGS,
  counters: { ...SIBLINGS, datatype: 'counter' },
  sets: { ...SIBLINGS, datatype: 'set' },
  hlls: { ...SIBLINGS, datatype: 'hll' },
};
