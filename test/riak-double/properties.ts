/**
 * Properties of buckets and bucket types (RpbGetBucketReq, RpbGetBucketTypeReq). `dvv_enabled` is
 * not among what Riak tells.
 */

import { printed, RiakError } from './answers.js';
import type { BucketType } from './bucket-types.js';
import type { Frame } from './framing.js';
import type { BucketPropertiesRequest, TypePropertiesRequest } from './messages.js';
import { bucketPropertiesAnswer, Code } from './messages.js';
import type { Context } from './requests.js';
import { required, typeName } from './requests.js';

export function bucketProperties(request: BucketPropertiesRequest, context: Context): Frame[] {
  const type = context.cluster.type(typeName(request));
  if (type === undefined) throw new RiakError(`No bucket-type named '${typeName(request)}'`);
  return [answer(type)];
}

export function typeProperties(request: TypePropertiesRequest, context: Context): Frame[] {
  const name = required(request.type);
  const type = context.cluster.type(typeName(request));
  if (type === undefined) throw new RiakError(`Invalid bucket type: ${printed(name)}`);
  return [answer(type)];
}

/** The quorum "quorum" as it travels. */
const QUORUM = 0xffff_fffd;
const HLL_PRECISION = 14;

function answer(type: BucketType): Frame {
  const props = {
    n_val: type.nVal,
    allow_mult: type.allowMult,
    last_write_wins: false,
    has_precommit: true,
    has_postcommit: true,
    chash_keyfun: { module: Buffer.from('riak_core_util'), function: Buffer.from('chash_std_keyfun') },
    linkfun: { module: Buffer.from('riak_kv_wm_link_walker'), function: Buffer.from('mapreduce_linkfun') },
    old_vclock: 86400,
    young_vclock: 20,
    big_vclock: 50,
    small_vclock: 50,
    pr: 0,
    r: QUORUM,
    w: QUORUM,
    pw: 0,
    dw: QUORUM,
    rw: QUORUM,
    basic_quorum: false,
    notfound_ok: true,
    datatype: type.datatype === undefined ? undefined : Buffer.from(type.datatype),
    hll_precision: type.datatype === 'hll' ? HLL_PRECISION : undefined,
  };
  return { code: Code.bucketPropertiesAnswer, body: bucketPropertiesAnswer.encode({ props }) };
}
