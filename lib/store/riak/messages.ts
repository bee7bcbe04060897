/**
 * The messages that the store sends and reads (riak.proto, riak_kv.proto, riak_dt.proto), as far as
 * it uses them.
 */
import { codeOf, messageOf, type Message } from './definitions.js';
import { readMessage, sizeOfMessage, writeMessage, type Fields } from './protobuf.js';

interface Content {
  readonly value: Buffer | null;
  /** True for a tombstone. */
  readonly deleted: boolean | null;
}

/** RpbGetResp and RpbPutResp: the values held under a key. */
export interface HeldAnswer {
  readonly content: readonly Content[];
  readonly vclock: Buffer | null;
}

export interface IndexAnswer {
  readonly keys: readonly Buffer[];
  readonly continuation: Buffer | null;
  readonly done: boolean | null;
}

/** Properties of a bucket type, as far as the protocol tells them: dvv_enabled is not among them. */
export interface PropertiesAnswer {
  readonly props: {
    readonly n_val: number | null;
    readonly allow_mult: boolean | null;
    readonly last_write_wins: boolean | null;
    readonly pr: number | null;
    readonly pw: number | null;
    readonly datatype: Buffer | null;
  } | null;
}

interface Answers {
  RpbErrorResp: { readonly errmsg: Buffer | null; readonly errcode: number | null };
  RpbGetResp: HeldAnswer;
  RpbPutResp: HeldAnswer;
  RpbIndexResp: IndexAnswer;
  DtFetchResp: { readonly value: { readonly counter_value: number | null } | null };
  DtUpdateResp: unknown;
  RpbGetServerInfoResp: { readonly node: Buffer | null };
  RpbGetBucketResp: PropertiesAnswer;
}

export type AnswerName = keyof Answers;
/** Answers that are a code and nothing else. */
export type BareAnswerName = 'RpbDelResp' | 'RpbPingResp' | 'RpbAuthResp' | 'RpbStartTls';
export type RequestName = keyof typeof requests;
/** Requests that are a code and nothing else. */
export type BareRequestName = 'RpbPingReq' | 'RpbGetServerInfoReq' | 'RpbStartTls';

const place = { bucket: true, type: true, key: true, timeout: true } as const;
const held = { content: { value: true, deleted: true }, vclock: true } as const;

const answers: Readonly<Record<AnswerName, Message>> = {
  RpbErrorResp: messageOf('RpbErrorResp', { errmsg: true, errcode: true }),
  RpbGetResp: messageOf('RpbGetResp', held),
  RpbPutResp: messageOf('RpbPutResp', held),
  RpbIndexResp: messageOf('RpbIndexResp', { keys: true, continuation: true, done: true }),
  DtFetchResp: messageOf('DtFetchResp', { value: { counter_value: true } }),
  DtUpdateResp: messageOf('DtUpdateResp', {}),
  RpbGetServerInfoResp: messageOf('RpbGetServerInfoResp', { node: true }),
  RpbGetBucketResp: messageOf('RpbGetBucketResp', {
    props: { n_val: true, allow_mult: true, last_write_wins: true, pr: true, pw: true, datatype: true },
  }),
};

const quorum = { r: true, basic_quorum: true, notfound_ok: true } as const;

const requests = {
  RpbGetReq: messageOf('RpbGetReq', { ...place, ...quorum, deletedvclock: true }),
  RpbPutReq: messageOf('RpbPutReq', {
    ...place,
    vclock: true,
    content: { value: true, content_type: true },
    w: true,
    dw: true,
    return_body: true,
  }),
  RpbDelReq: messageOf('RpbDelReq', { ...place, vclock: true }),
  RpbIndexReq: messageOf('RpbIndexReq', {
    bucket: true,
    type: true,
    timeout: true,
    index: true,
    qtype: true,
    range_min: true,
    range_max: true,
    max_results: true,
    stream: true,
    continuation: true,
  }),
  DtFetchReq: messageOf('DtFetchReq', { ...place, ...quorum, include_context: true }),
  DtUpdateReq: messageOf('DtUpdateReq', {
    ...place,
    op: { counter_op: { increment: true } },
    return_body: true,
  }),
  RpbGetBucketTypeReq: messageOf('RpbGetBucketTypeReq', { type: true }),
  RpbAuthReq: messageOf('RpbAuthReq', { user: true, password: true }),
};

const codes = new Map<string, number>();

/** The code of a message in front of its body. */
export function codeFor(name: AnswerName | BareAnswerName | RequestName | BareRequestName): number {
  let code = codes.get(name);
  if (code === undefined) codes.set(name, (code = codeOf(name)));
  return code;
}

const none = Buffer.alloc(0);
const headerBytes = 5;

/** Part of a request's body that many requests have in common. */
export function encodePart(name: RequestName, fields: Fields): Buffer {
  const message = requests[name];
  const part = Buffer.alloc(sizeOfMessage(message, fields));
  writeMessage(message, fields, part, 0);
  return part;
}

/**
 * A frame to send: the length of what follows in four bytes, the code, the body.
 * @param common more of the body, from `encodePart`
 */
export function encode(name: RequestName, fields: Fields, common: Buffer = none): Buffer {
  const message = requests[name];
  const size = sizeOfMessage(message, fields) + common.length;
  const frame = Buffer.allocUnsafe(headerBytes + size);
  frame.writeUInt32BE(size + 1, 0);
  frame[4] = codeFor(name);
  frame.set(common, writeMessage(message, fields, frame, headerBytes));
  return frame;
}

export function encodeBare(name: BareRequestName): Buffer {
  return Buffer.from([0, 0, 0, 1, codeFor(name)]);
}

/** @throws ProtocolError if the body is no such message. Bytes in it are views of `body`. */
export function decode<Name extends AnswerName>(name: Name, body: Buffer): Answers[Name] {
  return readMessage(answers[name], body) as Answers[Name];
}
