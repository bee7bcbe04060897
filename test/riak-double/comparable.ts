/**
 * Answers with what may differ between two runs taken out, so that the double's can be compared
 * with the recorded ones.
 *
 * Not compared, and why:
 * - the bytes of vclocks and contexts: opaque; that they are there, and are the same and different
 *   in the same places, is compared (OpaqueMap);
 * - version tags and times of writing: of that moment; that they are there is compared;
 * - the order of siblings: Riak promises none;
 * - the order of keys that were not asked for in pages, and how keys are spread over frames: it
 *   depends on the ring and on timing;
 * - the name of the node.
 */

import type { Frame } from './framing.js';
import type { Content } from './messages.js';
import {
  Code,
  dataTypeFetchAnswer,
  dataTypeUpdateAnswer,
  getAnswer,
  indexAnswer,
  listBucketsAnswer,
  listKeysAnswer,
  putAnswer,
  serverInfoAnswer,
} from './messages.js';

/** `paged`: keys come in the order of the index. */
export function comparable(frames: readonly Frame[], paged: boolean): unknown {
  const [first] = frames;
  if (first === undefined) return 'no answer';
  switch (first.code) {
    case Code.getAnswer:
      return { code: first.code, ...object(getAnswer.decode(first.body)) };
    case Code.putAnswer:
      return { code: first.code, ...object(putAnswer.decode(first.body)) };
    case Code.dataTypeFetchAnswer:
      return { code: first.code, ...readable(hidden(dataTypeFetchAnswer.decode(first.body), 'context')) };
    case Code.dataTypeUpdateAnswer:
      return { code: first.code, ...readable(hidden(dataTypeUpdateAnswer.decode(first.body), 'context')) };
    case Code.serverInfoAnswer:
      return { code: first.code, ...readable(hidden(serverInfoAnswer.decode(first.body), 'node')) };
    case Code.indexAnswer:
      return { code: first.code, ...index(frames, paged) };
    case Code.listKeysAnswer: {
      const parts = frames.map(({ body }) => listKeysAnswer.decode(body));
      return {
        code: first.code,
        keys: names(parts.flatMap(({ keys = [] }) => keys)),
        done: parts.at(-1)?.done,
      };
    }
    case Code.listBucketsAnswer: {
      const parts = frames.map(({ body }) => listBucketsAnswer.decode(body));
      return {
        code: first.code,
        buckets: names(parts.flatMap(({ buckets = [] }) => buckets)),
        done: parts.at(-1)?.done,
      };
    }
    default:
      return frames.map(({ code, body }) => ({ code, body: body.toString('hex') }));
  }
}

function object(answer: { content?: Content[] | undefined; vclock?: Buffer | undefined }): object {
  const content = (answer.content ?? [])
    .map((value) => JSON.stringify(readable(hidden(value, 'vtag', 'last_mod', 'last_mod_usecs'))))
    .sort();
  return { ...readable(hidden(answer, 'vclock', 'content')), content };
}

function index(frames: readonly Frame[], paged: boolean): object {
  const parts = frames.map(({ body }) => indexAnswer.decode(body));
  const keys = parts.flatMap((part) => part.keys ?? []).map((key) => key.toString());
  return {
    keys: paged ? keys : keys.sort(),
    results: parts.flatMap((part) => part.results ?? []).map(readable),
    continuation: parts.at(-1)?.continuation?.toString(),
    continuationOnlyAtTheEnd: parts.slice(0, -1).every((part) => part.continuation === undefined),
    done: parts.map((part) => part.done === true).lastIndexOf(true) === parts.length - 1,
  };
}

/** The named fields as nothing but "there", if they are. */
function hidden(message: object, ...fields: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]: [string, unknown]) => [
      name,
      fields.includes(name) ? 'there' : value,
    ]),
  );
}

/** Bytes as hex, all the way down. */
function readable(value: object): object {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      isBytes(inner) ? Buffer.from(inner.data).toString('hex') : inner,
    ),
  ) as object;
}

/** Buffers as JSON.stringify shows them to its replacer. */
function isBytes(value: unknown): value is { data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value
  );
}

function names(list: readonly Buffer[]): string[] {
  return list.map((name) => name.toString()).sort();
}
