/** Reading, writing and deleting objects (RpbGetReq, RpbPutReq, RpbDelReq). */

import { RiakError } from './answers.js';
import type { Bucket, RiakObject } from './data.js';
import { isTombstone, TooManySiblingsError } from './data.js';
import { sameVersion } from './dvv.js';
import type { Frame } from './framing.js';
import type { Content, DeleteRequest, GetRequest, PutRequest } from './messages.js';
import { Code, getAnswer, putAnswer } from './messages.js';
import type { Context } from './requests.js';
import {
  checkQuorums,
  checkTimeout,
  readVclock,
  refuseEmptyNames,
  requireBucket,
  required,
  uniqueName,
} from './requests.js';
import { encodeVclock } from './vclock.js';

export function get(request: GetRequest, context: Context): Frame[] {
  refuseEmptyNames(request);
  const { type, bucket } = requireBucket(context, request);
  checkQuorums(type, [request.r, request.pr]);
  checkTimeout(request.timeout);
  const held = bucket.objects.get(required(request.key).toString('hex'));
  const state = context.stale === true ? held?.previous : held?.state;
  if (state === undefined) return [{ code: Code.getAnswer, body: getAnswer.encode({}) }];
  const vclock = encodeVclock(state.clock);
  if (isTombstone({ state })) {
    const body = getAnswer.encode(request.deletedvclock === true ? { vclock } : {});
    return [{ code: Code.getAnswer, body }];
  }
  if (request.if_modified !== undefined && isVersion(state, request.if_modified)) {
    return [{ code: Code.getAnswer, body: getAnswer.encode({ unchanged: true }) }];
  }
  const content = contents(state, request.head === true);
  return [{ code: Code.getAnswer, body: getAnswer.encode({ content, vclock }) }];
}

export function put(request: PutRequest, context: Context): Frame[] {
  refuseEmptyNames(request);
  const { type, bucket } = requireBucket(context, request);
  checkQuorums(type, [request.w, request.dw, request.pw]);
  checkTimeout(request.timeout);
  const generated = request.key === undefined ? uniqueName(context.random) : undefined;
  const key = (request.key ?? required(generated)).toString('hex');
  checkConditions(request, bucket.objects.get(key));
  const sent = required(request.content);
  const seen = readVclock(request.vclock);
  const object = refusingCrowds(() =>
    context.data.write(type, bucket, key, context.node, stamped(sent, context), seen),
  );
  if (request.return_body !== true && request.return_head !== true) {
    return [{ code: Code.putAnswer, body: putAnswer.encode({ key: generated }) }];
  }
  const answer = {
    content: contents(object.state, request.return_head === true),
    vclock: encodeVclock(object.state.clock),
    key: generated,
  };
  return [{ code: Code.putAnswer, body: putAnswer.encode(answer) }];
}

/** A delete writes a tombstone: with a vclock as that version's successor, without one as the successor of what is there now. */
export function remove(request: DeleteRequest, context: Context): Frame[] {
  const { type, bucket } = requireBucket(context, request);
  checkQuorums(type, [request.rw, request.r, request.w, request.pr, request.pw, request.dw]);
  checkTimeout(request.timeout);
  const key = required(request.key).toString('hex');
  if (type.datatype !== undefined) context.data.removeDataType(bucket, key);
  else writeTombstone(request, context, bucket, key);
  return [{ code: Code.deleteAnswer, body: Buffer.alloc(0) }];
}

function writeTombstone(request: DeleteRequest, context: Context, bucket: Bucket, key: string): void {
  const { type } = requireBucket(context, request);
  const held = bucket.objects.get(key);
  if (request.vclock === undefined && (held === undefined || isTombstone(held))) return;
  const seen = request.vclock === undefined ? held?.state.clock : readVclock(request.vclock);
  const tombstone = stamped({ value: Buffer.alloc(0), deleted: true }, context);
  refusingCrowds(() => context.data.write(type, bucket, key, context.node, tombstone, required(seen)));
}

function checkConditions(request: PutRequest, held: RiakObject | undefined): void {
  const found = held !== undefined && !isTombstone(held);
  if (request.if_none_match === true && found) throw new RiakError('match_found');
  if (request.if_not_modified !== true || request.if_none_match === true) return;
  if (!found) throw new RiakError('notfound');
  if (request.vclock === undefined || !isVersion(held.state, request.vclock)) throw new RiakError('modified');
}

function isVersion(state: RiakObject['state'], vclock: Buffer): boolean {
  return sameVersion(state.clock, readVclock(vclock));
}

function contents(state: RiakObject['state'], head: boolean): Content[] {
  return state.values.map(({ value }) => (head ? { ...value, value: Buffer.alloc(0) } : value));
}

/** As it is kept: with Riak's version tag and time of writing, and free of the network buffer that it came in. */
function stamped(sent: Content, context: Context): Content {
  const now = context.now();
  return {
    ...copied(sent),
    vtag: uniqueName(context.random),
    last_mod: Math.floor(now / 1000),
    last_mod_usecs: Math.floor((now % 1000) * 1000),
  };
}

function copied(sent: Content): Content {
  const pairs = (list: Content['indexes']) =>
    list?.map(({ key, value }) => ({ key: key && Buffer.from(key), value: value && Buffer.from(value) }));
  return {
    value: Buffer.from(required(sent.value)),
    content_type: sent.content_type && Buffer.from(sent.content_type),
    charset: sent.charset && Buffer.from(sent.charset),
    content_encoding: sent.content_encoding && Buffer.from(sent.content_encoding),
    usermeta: pairs(sent.usermeta),
    indexes: pairs(sent.indexes),
    deleted: sent.deleted,
  };
}

function refusingCrowds<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof TooManySiblingsError) throw new RiakError(`{too_many_siblings,${error.siblings}}`);
    throw error;
  }
}
