/**
 * The recorded exchanges between a client and a real Riak KV 3.2, and how one of them is replayed
 * against the double.
 */

import { readFileSync } from 'node:fs';
import type { Frame } from './framing.js';
import { Code, dataTypeFetchAnswer, dataTypeUpdateAnswer, dataTypeUpdateRequest } from './messages.js';
import { deleteRequest, getAnswer, getRequest, putAnswer, putRequest } from './messages.js';
import type { RawClient } from './raw-client.js';

interface RecordedFrame {
  /** `>`: client to Riak; `<`: Riak to client. */
  readonly dir: '>' | '<';
  readonly code: number;
  /** The protobuf body. */
  readonly hex?: string;
  /** Of a large body only its length and beginning were kept. */
  readonly bytes?: number;
  readonly hexPrefix?: string;
}

export interface Scenario {
  readonly name: string;
  readonly note: string;
  readonly frames: readonly RecordedFrame[];
}

export function readScenarios(): Scenario[] {
  const file = new URL('../fixtures/riak-transcripts.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Scenario[];
}

/** The value of the one recorded object that was too large to be kept in full. */
export const LARGE_VALUE = Buffer.alloc(100_000, 7);

/** A recorded request, put together again if only its beginning was kept. */
export function recordedRequest(scenario: Scenario): Frame {
  const sent = scenario.frames.find(({ dir }) => dir === '>');
  if (sent === undefined) throw new Error(`${scenario.name}: no request`);
  if (sent.hex !== undefined) return { code: sent.code, body: Buffer.from(sent.hex, 'hex') };
  const whole = putRequest.encode({
    bucket: Buffer.from('tr-mwrryght'),
    key: Buffer.from('big'),
    content: { value: LARGE_VALUE, content_type: Buffer.from('application/octet-stream') },
    return_body: false,
    if_not_modified: false,
    if_none_match: false,
    return_head: false,
    type: Buffer.from('siblings'),
  });
  const prefix = sent.hexPrefix ?? '';
  if (!whole.toString('hex').startsWith(prefix)) throw new Error(`${scenario.name}: another beginning`);
  return { code: sent.code, body: whole };
}

/** Recorded answers; undefined where only the beginning was kept. */
export function recordedAnswers(scenario: Scenario): { code: number; body: Buffer | undefined }[] {
  return scenario.frames
    .filter(({ dir }) => dir === '<')
    .map(({ code, hex }) => ({ code, body: hex === undefined ? undefined : Buffer.from(hex, 'hex') }));
}

/**
 * Which vclock or context of the double stands for which recorded one. They are opaque, so their
 * bytes differ; but wherever the real Riak repeated one, so must the double, and wherever it gave
 * another one, so must the double. Each key has its own.
 */
export class OpaqueMap {
  private readonly toDouble = new Map<string, string>();
  private readonly toRecorded = new Map<string, string>();

  /** Notes that both were given in the same place. Throws if that contradicts what was noted before. */
  note(key: string, recorded: Buffer, double: Buffer): void {
    const there = `${key} ${recorded.toString('hex')}`;
    const here = `${key} ${double.toString('hex')}`;
    const sameAsBefore =
      (this.toDouble.get(there) ?? here) === here && (this.toRecorded.get(here) ?? there) === there;
    if (!sameAsBefore) throw new Error(`${there} and ${here} do not stand for each other throughout`);
    this.toDouble.set(there, here);
    this.toRecorded.set(here, there);
  }

  /** Throws for what was never noted. */
  translate(key: string, recorded: Buffer): Buffer {
    const here = this.toDouble.get(`${key} ${recorded.toString('hex')}`);
    if (here === undefined) throw new Error(`${key}: a vclock that no answer has given`);
    return Buffer.from(here.slice(key.length + 1), 'hex');
  }
}

/**
 * Sends the recorded request, with the double's vclock or context in the place of the recorded one,
 * and learns the ones that are answered.
 */
export async function replay(scenario: Scenario, client: RawClient, opaque: OpaqueMap): Promise<Frame[]> {
  const request = recordedRequest(scenario);
  const { key, body } = translated(request, opaque);
  const answers = await client.ask(request.code, body);
  recordedAnswers(scenario).forEach((recorded, index) => {
    const here = opaqueOf(recorded.code, answers[index]?.body);
    const there = opaqueOf(recorded.code, recorded.body);
    if (here !== undefined && there !== undefined) opaque.note(key, there, here);
  });
  return answers;
}

function translated({ code, body }: Frame, opaque: OpaqueMap): { key: string; body: Buffer } {
  switch (code) {
    case Code.getRequest: {
      return { key: keyOf(getRequest.decode(body)), body };
    }
    case Code.putRequest: {
      const request = putRequest.decode(body);
      const key = keyOf(request);
      if (request.vclock === undefined) return { key, body };
      return { key, body: putRequest.encode({ ...request, vclock: opaque.translate(key, request.vclock) }) };
    }
    case Code.deleteRequest: {
      const request = deleteRequest.decode(body);
      const key = keyOf(request);
      if (request.vclock === undefined) return { key, body };
      return {
        key,
        body: deleteRequest.encode({ ...request, vclock: opaque.translate(key, request.vclock) }),
      };
    }
    case Code.dataTypeFetchRequest:
    case Code.dataTypeUpdateRequest: {
      const request = dataTypeUpdateRequest.decode(body);
      const key = keyOf(request);
      if (code === Code.dataTypeFetchRequest || request.context === undefined) return { key, body };
      const context = opaque.translate(key, request.context);
      return { key, body: dataTypeUpdateRequest.encode({ ...request, context }) };
    }
    default:
      return { key: '', body };
  }
}

function keyOf(place: { type?: Buffer | undefined; key?: Buffer | undefined }): string {
  return `${place.type?.toString() ?? ''}/${place.key?.toString() ?? ''}`;
}

/** The vclock or context in an answer. */
function opaqueOf(code: number, body: Buffer | undefined): Buffer | undefined {
  if (body === undefined) return undefined;
  switch (code) {
    case Code.getAnswer:
      return getAnswer.decode(body).vclock;
    case Code.putAnswer:
      return putAnswer.decode(body).vclock;
    case Code.dataTypeFetchAnswer:
      return dataTypeFetchAnswer.decode(body).context;
    case Code.dataTypeUpdateAnswer:
      return dataTypeUpdateAnswer.decode(body).context;
    default:
      return undefined;
  }
}
