/** Reading, writing and deleting objects (RpbGetReq, RpbPutReq, RpbDelReq). */

import { RiakError } from './answers.js';
import type { BucketType } from './bucket-types.js';
import { readReplicas, writeReplicas } from './coordination.js';
import type { VersionVector } from './dvv.js';
import { NOTHING_SEEN, sameVersion, write } from './dvv.js';
import type { Frame } from './framing.js';
import type { Content, DeleteRequest, GetRequest, PutRequest } from './messages.js';
import { Code, getAnswer, putAnswer } from './messages.js';
import { readQuorum, writeQuorum } from './quorum.js';
import type { Context } from './requests.js';
import {
  checkTimeout,
  readVclock,
  refuseEmptyNames,
  requireBucket,
  required,
  taskFor,
  uniqueName,
} from './requests.js';
import { isTombstone, type ObjectState, type Stored } from './stored.js';
import { encodeVclock } from './vclock.js';

export async function get(request: GetRequest, context: Context): Promise<Frame[]> {
  refuseEmptyNames(request);
  const { type } = requireBucket(context, request);
  const quorum = readQuorum(request, type);
  checkTimeout(request.timeout);
  const { task } = taskFor(context, request, required(request.key), request.timeout);
  const state = context.stale === true ? context.cluster.before(task.id) : await readReplicas(task, quorum);
  if (state?.type !== 'object') return [{ code: Code.getAnswer, body: getAnswer.encode({}) }];
  const vclock = encodeVclock(state.clock);
  if (isTombstone(state)) {
    const body = getAnswer.encode(request.deletedvclock === true ? { vclock } : {});
    return [{ code: Code.getAnswer, body }];
  }
  if (request.if_modified !== undefined && isVersion(state, request.if_modified)) {
    return [{ code: Code.getAnswer, body: getAnswer.encode({ unchanged: true }) }];
  }
  const content = contents(state, request.head === true);
  return [{ code: Code.getAnswer, body: getAnswer.encode({ content, vclock }) }];
}

export async function put(request: PutRequest, context: Context): Promise<Frame[]> {
  refuseEmptyNames(request);
  const { type } = requireBucket(context, request);
  const quorum = writeQuorum(request, type);
  checkTimeout(request.timeout);
  const generated = request.key === undefined ? uniqueName(context.random) : undefined;
  const { task } = taskFor(context, request, request.key ?? required(generated), request.timeout);
  const sent = required(request.content);
  const seen = readVclock(request.vclock);
  if (request.if_none_match === true || request.if_not_modified === true) {
    checkConditions(request, await readReplicas(task, readQuorum({}, type)));
  }
  const state = await writeReplicas(task, quorum, writer(context, type, stamped(sent, context), seen));
  if (request.return_body !== true && request.return_head !== true) {
    return [{ code: Code.putAnswer, body: putAnswer.encode({ key: generated }) }];
  }
  if (state?.type !== 'object') throw new TypeError('no object under a key that was just written');
  const answer = {
    content: contents(state, request.return_head === true),
    vclock: encodeVclock(state.clock),
    key: generated,
  };
  return [{ code: Code.putAnswer, body: putAnswer.encode(answer) }];
}

/**
 * A delete writes a tombstone: with a vclock as that version's successor, without one as the
 * successor of what is there now.
 */
export async function remove(request: DeleteRequest, context: Context): Promise<Frame[]> {
  const { type } = requireBucket(context, request);
  const quorum = writeQuorum({ ...request, w: request.w ?? request.rw, dw: request.dw ?? request.rw }, type);
  checkTimeout(request.timeout);
  const { task } = taskFor(context, request, required(request.key), request.timeout);
  if (type.datatype !== undefined) {
    context.cluster.forget(task.id);
  } else {
    const read = { r: request.r ?? request.rw, pr: request.pr };
    const held = request.vclock === undefined ? await readReplicas(task, readQuorum(read, type)) : undefined;
    if (request.vclock !== undefined || (held?.type === 'object' && !isTombstone(held))) {
      const seen = held?.type === 'object' ? held.clock : readVclock(request.vclock);
      const tombstone = stamped({ value: Buffer.alloc(0), deleted: true }, context);
      await writeReplicas(task, quorum, writer(context, type, tombstone, seen));
    }
  }
  return [{ code: Code.deleteAnswer, body: Buffer.alloc(0) }];
}

/** Writes a value over what the writer had seen of a vnode's copy. */
function writer(
  { cluster }: Context,
  type: BucketType,
  value: Content,
  seen: VersionVector,
): (held: Stored | undefined, actor: number) => ObjectState {
  return (held, actor) => {
    const before = held?.type === 'object' ? held : { clock: NOTHING_SEEN, values: [] };
    const { clock, values } = write(before, actor, value, seen, !type.dvvEnabled);
    if (!type.allowMult) return { type: 'object', clock, values: values.slice(-1) };
    if (values.length > cluster.settings.maxSiblings) {
      throw new RiakError(`{too_many_siblings,${values.length}}`);
    }
    return { type: 'object', clock, values };
  };
}

function checkConditions(request: PutRequest, held: Stored | undefined): void {
  const found = held?.type === 'object' && !isTombstone(held);
  if (request.if_none_match === true && found) throw new RiakError('match_found');
  if (request.if_not_modified !== true || request.if_none_match === true) return;
  if (!found) throw new RiakError('notfound');
  if (request.vclock === undefined || !isVersion(held, request.vclock)) throw new RiakError('modified');
}

function isVersion(state: ObjectState, vclock: Buffer): boolean {
  return sameVersion(state.clock, readVclock(vclock));
}

function contents(state: ObjectState, head: boolean): Content[] {
  return state.values.map(({ value }) => (head ? { ...value, value: Buffer.alloc(0) } : value));
}

/**
 * As it is kept: with Riak's version tag and time of writing, and free of the network buffer that
 * it came in.
 */
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
