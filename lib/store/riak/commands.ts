/**
 * The commands that the store sends. They do without the client's own command classes, which check their options with a schema and
 * wrap every value in an object: a put costs about half the processor time this way.
 */
import type { SendableCommand } from 'basho-riak-client/lib/core/riakconnection.js';

import type { Held, KeyRange } from '../store.js';
import { ProtocolError } from './failures.js';
import { codeOf, decode, encode, type AnswerName, type HeldAnswer, type RequestName } from './messages.js';

export interface Command<T> extends SendableCommand {
  /** True if sending it again after a lost answer does no harm. */
  readonly repeatable: boolean;
  /** Message code of the frames that answer it. */
  readonly answerCode: number;
  /** A reader for one answer: takes each frame's body in turn, and gives the result with the last one. Throws if a body is not readable. */
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

const octetStream = Buffer.from('application/octet-stream');

/** Builds commands for one place. `timeoutMs` is told to Riak too, so that it drops work that nobody waits for any longer. */
export class Commands {
  private readonly target: { bucket: Buffer; type: Buffer; timeout: number };

  constructor(place: Place, timeoutMs: number) {
    this.target = {
      bucket: Buffer.from(place.bucket),
      type: Buffer.from(place.bucketType),
      timeout: timeoutMs,
    };
  }

  /** The values under a key, from the first replica that answers. The version of a tombstone is asked for, so that the next put replaces it. */
  get(key: string): Command<Held> {
    const request = { ...this.keyed(key), r: 1, basic_quorum: false, notfound_ok: true, deletedvclock: true };
    return command('get', 'RpbGetReq', request, 'RpbGetResp', true, (body) =>
      heldOf(decode('RpbGetResp', body)),
    );
  }

  /**
   * Writes a value and asks back what is held then. Repeatable: written twice, a value is its own sibling, which one merge mends.
   * Asked back are bodies, not heads: a head does not say whether a lone value is the one just written or a newer one, and for siblings it
   * would cost a second command, just when a shard is busy.
   */
  put(key: string, value: Uint8Array, vclock: Buffer | undefined): Command<Held> {
    const request = {
      ...this.keyed(key),
      ...(vclock === undefined ? {} : { vclock }),
      content: { value: bufferOf(value), content_type: octetStream },
      w: 1,
      dw: 1,
      return_body: true,
    };
    return command('put', 'RpbPutReq', request, 'RpbPutResp', true, (body) =>
      heldOf(decode('RpbPutResp', body), value),
    );
  }

  /** Removes what the vclock covers; without one, as for a counter, what is there. Repeatable: a second tombstone covers no more than the first. */
  remove(key: string, vclock: Buffer | undefined): Command<undefined> {
    const request = { ...this.keyed(key), ...(vclock === undefined ? {} : { vclock }) };
    return command('delete', 'RpbDelReq', request, 'RpbDelResp', true, nothing);
  }

  /** Adds to a counter. Not repeatable: a counter counts what is sent twice twice. */
  increment(key: string, by: number): Command<undefined> {
    const request = { ...this.keyed(key), op: { counter_op: { increment: by } }, return_body: false };
    return command('counter update', 'DtUpdateReq', request, 'DtUpdateResp', false, (body) => {
      decode('DtUpdateResp', body);
      return undefined;
    });
  }

  count(key: string): Command<number> {
    const request = { ...this.keyed(key), include_context: false };
    return command(
      'counter fetch',
      'DtFetchReq',
      request,
      'DtFetchResp',
      true,
      (body) => decode('DtFetchResp', body).value?.counter_value?.toNumber() ?? 0,
    );
  }

  /** A page of keys by the built-in index `$key`, both ends of the range included. Riak sorts it as it is limited. */
  keys(range: KeyRange, continuation: string | undefined, limit: number): Command<KeysAnswer> {
    const request = {
      ...this.target,
      index: Buffer.from('$key'),
      qtype: 1,
      range_min: Buffer.from(range.from),
      range_max: Buffer.from(range.to),
      max_results: limit,
      stream: true,
      ...(continuation === undefined ? {} : { continuation: Buffer.from(continuation) }),
    };
    return {
      ...command('index query', 'RpbIndexReq', request, 'RpbIndexResp', true, () => ({
        keys: [],
        continuation: undefined,
      })),
      reader: keysReader,
    };
  }

  private keyed(key: string): { bucket: Buffer; type: Buffer; key: Buffer; timeout: number } {
    return { ...this.target, key: Buffer.from(key) };
  }
}

/** A command that is answered with one frame. */
export function command<T>(
  name: string,
  requestName: RequestName,
  request: object,
  answerName: AnswerName,
  repeatable: boolean,
  read: (body: Buffer) => T,
): Command<T> {
  return answeredOnce(name, encode(requestName, request), answerName, repeatable, read);
}

/** The same for a request that is encoded already. */
export function answeredOnce<T>(
  name: string,
  message: ReturnType<typeof encode>,
  answerName: AnswerName,
  repeatable: boolean,
  read: (body: Buffer) => T,
): Command<T> {
  return {
    name,
    repeatable,
    answerCode: codeOf(answerName),
    getRiakMessage: () => message,
    reader: () => (body) => ({ result: read(body) }),
  };
}

/** RpbDelResp is a code without a body. */
function nothing(body: Buffer): undefined {
  if (body.length > 0) throw new ProtocolError('a body where none belongs');
  return undefined;
}

/** Keys come in several frames; the last one is marked, and has the continuation if there is more. */
function keysReader(): (body: Buffer) => { readonly result: KeysAnswer } | undefined {
  const keys: string[] = [];
  return (body) => {
    const answer = decode('RpbIndexResp', body);
    for (const key of answer.keys) keys.push(key.toBuffer().toString());
    if (answer.done !== true) return undefined;
    return { result: { keys, continuation: answer.continuation?.toBuffer().toString() } };
  };
}

/**
 * What an answer says is held: tombstones left out, their version kept; equal values once.
 * A value equal to `written` is `written` itself, so that the writer sees without comparing that nobody else wrote.
 */
function heldOf(answer: HeldAnswer, written?: Uint8Array): Held {
  const values: Uint8Array[] = [];
  for (const content of answer.content) {
    if (content.deleted === true) continue;
    const bytes = content.value.toBuffer();
    const value = written !== undefined && bytes.equals(written) ? written : bytes;
    if (!values.some((other) => other === value || bytes.equals(other))) values.push(value);
  }
  // Copied: a view would keep the whole frame alive for as long as somebody remembers the version.
  return { values, version: answer.vclock === null ? undefined : Buffer.from(answer.vclock.toBuffer()) };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
