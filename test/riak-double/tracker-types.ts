/** A double of Riak as deploy/riak sets a cluster up, so that the tracker's default settings fit. */
import type { BucketType } from './bucket-types.js';
import type { Settings } from '../support/tracker-process.js';

export const SWARM_TYPE = 'swarms';
export const COUNT_TYPE = 'counts';
export const BUCKET = 'tracker';

const siblings: BucketType = { allowMult: true, dvvEnabled: true, nVal: 3 };

/** For the double's option `types`. */
export const trackerTypes: Readonly<Record<string, BucketType>> = {
  [SWARM_TYPE]: siblings,
  [COUNT_TYPE]: { ...siblings, datatype: 'counter' },
};

/** Settings of a tracker whose calls give up early, so that tests of failures are quick. */
export function impatientSettings(addresses: string): Settings {
  return {
    STORE: 'riak',
    RIAK_NODES: addresses,
    RIAK_CALL_TIMEOUT: '400',
    RIAK_CONNECT_TIMEOUT: '200',
    ANNOUNCE_TIMEOUT: '1000',
  };
}
