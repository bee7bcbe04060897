/** The commands that the store sends. What all commands of one kind have in common is encoded once. */
import type { Consistency, Held, KeyRange } from '../store.js';
import { ProtocolError } from '../remote/failures.js';
import {
  codeFor,
  decode,
  encode,
  encodeBare,
  encodePart,
  type AnswerName,
  type BareAnswerName,
  type HeldAnswer,
} from './messages.js';

export interface Command<T> {
  readonly name: string;
  /** The frame to send. */
  readonly frame: Buffer;
  /** True if sending it again after a lost answer does no harm. */
  readonly repeatable: boolean;
  /** What is asked in its place when a replica has kept Riak waiting: the same for less. */
  readonly instead?: Command<T>;
  /** Message code of the frames that answer it. */
  readonly answerCode: number;
  /**
   * A reader for one answer: takes each frame's body in turn, and gives the result with the last
   * one. Throws if a body is not readable.
   */
  reader(): (body: Buffer) => { readonly result: T } | undefined;
}

/** Where objects are: a bucket of a bucket type. */
export interface Place {
  readonly bucketType: string;
  readonly bucket: string;
}

export interface KeysAnswer {
  readonly keys: readonly string[];
  readonly continuation: string | undefined;
}

const noBytes = Buffer.alloc(0);
const octetStream = Buffer.from('application/octet-stream');

/** "All copies", whatever their number is, as a quorum travels. */
const all = 0xffff_fffc;

/** Times that Riak is told, milliseconds: it drops work that nobody waits for any longer. */
export interface CommandTimes {
  /** For a command that is not sent again. */
  readonly callMs: number;
  /**
   * For one that may be tried at another node: leaves time for that, and the connection stays in
   * use.
   */
  readonly attemptMs: number;
  /** For a read that waits for more replicas than one. */
  readonly replicasMs: number;
}

/** Builds commands for one place. */
export class Commands {
  private readonly target: { readonly bucket: Buffer; readonly type: Buffer };
  private readonly common: Readonly<Record<'find' | 'gather' | 'take' | 'put' | 'remove', Buffer>>;
  private readonly counter: Readonly<Record<'increment' | 'gather' | 'take', Buffer>>;

  constructor(
    place: Place,
    private readonly times: CommandTimes,
  ) {
    const target = { bucket: Buffer.from(place.bucket), type: Buffer.from(place.bucketType) };
    const { callMs, attemptMs, replicasMs } = times;
    const read = { ...target, basic_quorum: false, deletedvclock: true };
    const find = { ...read, r: 1, notfound_ok: false, timeout: replicasMs };
    const gather = { ...read, r: all, notfound_ok: true, timeout: replicasMs };
    const take = { ...read, r: 1, notfound_ok: true, timeout: attemptMs };
    this.target = target;
    this.common = {
      find: encodePart('RpbGetReq', find),
      gather: encodePart('RpbGetReq', gather),
      take: encodePart('RpbGetReq', take),
      put: encodePart('RpbPutReq', { ...target, w: 1, dw: 1, return_body: true, timeout: attemptMs }),
      remove: encodePart('RpbDelReq', { ...target, timeout: attemptMs }),
    };
    const count = { ...target, include_context: false };
    this.counter = {
      increment: encodePart('DtUpdateReq', { ...target, return_body: false, timeout: callMs }),
      gather: encodePart('DtFetchReq', { ...count, r: all, notfound_ok: true, timeout: replicasMs }),
      take: encodePart('DtFetchReq', { ...count, r: 1, notfound_ok: true, timeout: attemptMs }),
    };
  }

  /**
   * The values under a key. Eventual: from the first replica that has any; that there are none must
   * be said by all copies. Strong: what all copies have together. If a replica is silent for too
   * long, the first answer of any other stands, with a put that follows being a sibling of what it
   * did not know. The version of a tombstone is asked for, so that the next put replaces it.
   */
  get(key: string, consistency: Consistency = 'eventual'): Command<Held> {
    const { find, gather, take } = this.common;
    return { ...this.read(key, consistency === 'strong' ? gather : find), instead: this.read(key, take) };
  }

  private read(key: string, common: Buffer): Command<Held> {
    const frame = encode('RpbGetReq', { key: Buffer.from(key) }, common);
    return answeredOnce('get', frame, 'RpbGetResp', true, (body) => heldOf(decode('RpbGetResp', body)));
  }

  /**
   * Writes a value and asks back what is held then. Repeatable: written twice, a value is its own
   * sibling, which one merge mends. Asked back are bodies, not heads: a head does not say whether a
   * lone value is the one just written or a newer one, and for siblings it would cost a second
   * command, just when a shard is busy.
   */
  put(key: string, value: Uint8Array, vclock: Buffer | undefined): Command<Held> {
    const content = { value: bufferOf(value), content_type: octetStream };
    const frame = encode('RpbPutReq', { key: Buffer.from(key), vclock, content }, this.common.put);
    return answeredOnce('put', frame, 'RpbPutResp', true, (body) =>
      heldOf(decode('RpbPutResp', body), value),
    );
  }

  /**
   * Removes what the vclock covers; without one, as for a counter, what is there. Repeatable: a
   * second tombstone covers no more than the first.
   */
  remove(key: string, vclock: Buffer | undefined): Command<undefined> {
    const frame = encode('RpbDelReq', { key: Buffer.from(key), vclock }, this.common.remove);
    return answeredOnce('delete', frame, 'RpbDelResp', true, nothing);
  }

  /** Adds to a counter. Not repeatable: a counter counts what is sent twice twice. */
  increment(key: string, by: number): Command<undefined> {
    const op = { counter_op: { increment: by } };
    const frame = encode('DtUpdateReq', { key: Buffer.from(key), op }, this.counter.increment);
    return answeredOnce('counter update', frame, 'DtUpdateResp', false, (body) => {
      decode('DtUpdateResp', body);
      return undefined;
    });
  }

  /**
   * A counter as all copies have it together; if one is silent for too long, as the first that
   * answers has it.
   */
  count(key: string): Command<number> {
    const { gather, take } = this.counter;
    return { ...this.countOf(key, gather), instead: this.countOf(key, take) };
  }

  private countOf(key: string, common: Buffer): Command<number> {
    const frame = encode('DtFetchReq', { key: Buffer.from(key) }, common);
    return answeredOnce(
      'counter fetch',
      frame,
      'DtFetchResp',
      true,
      (body) => decode('DtFetchResp', body).value?.counter_value ?? 0,
    );
  }

  /**
   * A page of keys by the built-in index `$key`, both ends of the range included. Riak sorts it as
   * it is limited.
   */
  keys(range: KeyRange, continuation: string | undefined, limit: number): Command<KeysAnswer> {
    const request = {
      ...this.target,
      timeout: this.times.callMs,
      index: Buffer.from('$key'),
      qtype: 1,
      range_min: Buffer.from(range.from),
      range_max: Buffer.from(range.to),
      max_results: limit,
      stream: true,
      ...(continuation === undefined ? {} : { continuation: Buffer.from(continuation) }),
    };
    return {
      name: 'index query',
      frame: encode('RpbIndexReq', request),
      repeatable: true,
      answerCode: codeFor('RpbIndexResp'),
      reader: keysReader,
    };
  }
}

/** A command that is answered with one frame. */
export function answeredOnce<T>(
  name: string,
  frame: Buffer,
  answerName: AnswerName | BareAnswerName,
  repeatable: boolean,
  read: (body: Buffer) => T,
): Command<T> {
  return {
    name,
    frame,
    repeatable,
    answerCode: codeFor(answerName),
    reader: () => (body) => ({ result: read(body) }),
  };
}

/** Asks a node for a sign of life. */
export function ping(): Command<undefined> {
  return answeredOnce('ping', encodeBare('RpbPingReq'), 'RpbPingResp', true, nothing);
}

/** Some answers are a code without a body. */
function nothing(body: Buffer): undefined {
  if (body.length > 0) throw new ProtocolError('a body where none belongs');
  return undefined;
}

/** Keys come in several frames; the last one is marked, and has the continuation if there is more. */
function keysReader(): (body: Buffer) => { readonly result: KeysAnswer } | undefined {
  const keys: string[] = [];
  return (body) => {
    const answer = decode('RpbIndexResp', body);
    for (const key of answer.keys) keys.push(key.toString());
    if (answer.done !== true) return undefined;
    return { result: { keys, continuation: answer.continuation?.toString() } };
  };
}

/**
 * What an answer says is held: tombstones left out, their version kept; equal values once. A value
 * equal to `written` is `written` itself, so that the writer sees without comparing that nobody
 * else wrote.
 */
function heldOf(answer: HeldAnswer, written?: Uint8Array): Held {
  const values: Uint8Array[] = [];
  for (const content of answer.content) {
    if (content.deleted === true) continue;
    const bytes = content.value ?? noBytes;
    const value = written !== undefined && bytes.equals(written) ? written : bytes;
    if (!values.some((other) => other === value || bytes.equals(other))) values.push(value);
  }
  // Copied: a view would keep the whole frame alive for as long as somebody remembers the version.
  return { values, version: answer.vclock === null ? undefined : Buffer.from(answer.vclock) };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
