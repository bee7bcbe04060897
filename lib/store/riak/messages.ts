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

/** Properties of a bucket type, as far as the protocol tells them: dvv_enabled is not among them. */
export interface PropertiesAnswer {
  readonly props: {
    readonly n_val: number | null;
    readonly allow_mult: boolean | null;
    readonly last_write_wins: boolean | null;
    readonly pr: number | null;
    readonly pw: number | null;
    readonly datatype: Bytes | null;
  };
}

interface Answers {
  RpbErrorResp: { readonly errmsg: Bytes; readonly errcode: number };
  RpbGetResp: HeldAnswer;
  RpbPutResp: HeldAnswer;
  RpbDelResp: unknown;
  RpbIndexResp: IndexAnswer;
  DtFetchResp: { readonly value: { readonly counter_value: Long | null } | null };
  DtUpdateResp: unknown;
  RpbGetServerInfoResp: { readonly node: Bytes | null };
  RpbGetBucketResp: PropertiesAnswer;
}

interface Requests {
  RpbGetReq: unknown;
  RpbPutReq: unknown;
  RpbDelReq: unknown;
  RpbIndexReq: unknown;
  DtFetchReq: unknown;
  DtUpdateReq: unknown;
  RpbGetBucketTypeReq: unknown;
}

/** A request that is a code and nothing else. */
type BareRequestName = 'RpbGetServerInfoReq';

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

export function codeOf(name: AnswerName | RequestName | BareRequestName): number {
  return riakprotobuf.getCodeFor(name);
}

/** A frame to send: the length and the code, then the body. */
export function encode(name: RequestName, fields: object): { header: Buffer; protobuf: Buffer } {
  const Message = classOf(name);
  return frameOf(codeOf(name), new Message(fields).encode().toBuffer());
}

export function encodeBare(name: BareRequestName): { header: Buffer; protobuf: Buffer } {
  return frameOf(codeOf(name), Buffer.alloc(0));
}

function frameOf(code: number, protobuf: Buffer): { header: Buffer; protobuf: Buffer } {
  const header = Buffer.allocUnsafe(5);
  header.writeUInt32BE(protobuf.length + 1, 0);
  header.writeUInt8(code, 4);
  return { header, protobuf };
}

/** Throws if the body is no such message. Bytes in it are views of `body`. */
export function decode<Name extends AnswerName>(name: Name, body: Buffer): Answers[Name] {
  return classOf(name).decode(body) as Answers[Name];
}
