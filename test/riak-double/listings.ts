/**
 * Listing buckets and keys (RpbListBucketsReq, RpbListKeysReq): in no order, a frame for each
 * partition.
 */

import { RiakError } from './answers.js';
import type { Frame } from './framing.js';
import type { ListBucketsRequest, ListKeysRequest } from './messages.js';
import { Code, listBucketsAnswer, listKeysAnswer } from './messages.js';
import { byPartition } from './partitions.js';
import type { Context } from './requests.js';
import { offsetOf, requireBucket, typeName } from './requests.js';

export function listBuckets(request: ListBucketsRequest, context: Context): Frame[] {
  const type = knownType(request, context);
  context.cluster.reap();
  const names = context.cluster.index.bucketNames(type).map((name) => Buffer.from(name, 'hex'));
  const code = Code.listBucketsAnswer;
  if (request.stream !== true) return [{ code, body: listBucketsAnswer.encode({ buckets: names }) }];
  return [
    ...byPartition(names, (name) => name).map((buckets) => ({
      code,
      body: listBucketsAnswer.encode({ buckets }),
    })),
    { code, body: listBucketsAnswer.encode({ done: true }) },
  ];
}

export function listKeys(request: ListKeysRequest, context: Context): Frame[] {
  knownType(request, context);
  const { bucket } = requireBucket(context, request);
  const type = typeName(request);
  const all = [...context.cluster.covered(type, bucket, '', offsetOf(context))].map((key) =>
    Buffer.from(key, 'hex'),
  );
  const code = Code.listKeysAnswer;
  return [
    ...byPartition(all, (key) => key).map((keys) => ({ code, body: listKeysAnswer.encode({ keys }) })),
    { code, body: listKeysAnswer.encode({ done: true }) },
  ];
}

function knownType(request: { readonly type?: Buffer | undefined }, context: Context): string {
  const name = typeName(request);
  if (context.cluster.type(name) === undefined) throw new RiakError(`No bucket-type named '${name}'`);
  return name;
}
