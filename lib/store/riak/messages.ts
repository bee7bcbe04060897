/** The messages of the client's protobuf definitions that the store sends and reads (riak_kv.proto, riak_dt.proto). */
import riakprotobuf, {
  type Bytes,
  type Long,
  type MessageClass,
} from 'basho-riak-client/lib/protobuf/riakprotobuf.js';

interface Content {
  readonly value: Bytes;
  /** True for a tombstone. */
  readonly deleted: boolean | null;
}

/** RpbGetResp and RpbPutResp: the values held under a key. */
export interface HeldAnswer {
  readonly content: readonly Content[];
  readonly vclock: Bytes | null;
}

export interface IndexAnswer {
  readonly keys: readonly Bytes[];
  readonly continuation: Bytes | null;
  readonly done: boolean | null;
}

interface Answers {
  RpbErrorResp: { readonly errmsg: Bytes; readonly errcode: number };
  RpbGetResp: HeldAnswer;
  RpbPutResp: HeldAnswer;
  RpbDelResp: unknown;
  RpbIndexResp: IndexAnswer;
  DtFetchResp: { readonly value: { readonly counter_value: Long | null } | null };
  DtUpdateResp: unknown;
}

interface Requests {
  RpbGetReq: unknown;
  RpbPutReq: unknown;
  RpbDelReq: unknown;
  RpbIndexReq: unknown;
  DtFetchReq: unknown;
  DtUpdateReq: unknown;
}

export type AnswerName = keyof Answers;
export type RequestName = keyof Requests;

const classes = new Map<string, MessageClass<unknown>>();

function classOf(name: string): MessageClass<unknown> {
  const known = classes.get(name);
  if (known !== undefined) return known;
  const found = riakprotobuf.getProtoFor(name);
  classes.set(name, found);
  return found;
}

export function codeOf(name: AnswerName | RequestName): number {
  return riakprotobuf.getCodeFor(name);
}

/** A frame to send: the length and the code, then the body. */
export function encode(name: RequestName, fields: object): { header: Buffer; protobuf: Buffer } {
  const Message = classOf(name);
  const protobuf = new Message(fields).encode().toBuffer();
  const header = Buffer.allocUnsafe(5);
  header.writeUInt32BE(protobuf.length + 1, 0);
  header.writeUInt8(codeOf(name), 4);
  return { header, protobuf };
}

/** Throws if the body is no such message. Bytes in it are views of `body`. */
export function decode<Name extends AnswerName>(name: Name, body: Buffer): Answers[Name] {
  return classOf(name).decode(body) as Answers[Name];
}
