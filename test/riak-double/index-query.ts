/**
 * Secondary index queries (RpbIndexReq): the built-in `$key` and `$bucket`, and the `_bin` and
 * `_int` entries of objects.
 */

import { RiakCrash, RiakError } from './answers.js';
import type { Term } from './erlang-terms.js';
import { decodeTerm, encodeTerm, TermError } from './erlang-terms.js';
import type { Frame } from './framing.js';
import type { Content, IndexRequest } from './messages.js';
import { Code, indexAnswer, IndexQueryType } from './messages.js';
import { byPartition } from './partitions.js';
import type { Context } from './requests.js';
import { offsetOf, requireBucket, required, typeName } from './requests.js';

/**
 * An entry that matches: the term it matched by (a number in an `_int` index), and the key of the
 * object.
 */
interface Match {
  readonly term: Buffer | number | undefined;
  readonly key: Buffer;
}

/**
 * Riak sends what it has merged so far every now and then; a page of 100 comes in one frame, a
 * large one in several.
 */
const MATCHES_PER_FRAME = 250;

export async function queryIndex(request: IndexRequest, context: Context): Promise<Frame[]> {
  checkQuery(request);
  if (!context.secondaryIndexes) {
    throw new RiakError('{error,{indexes_not_supported,riak_kv_bitcask_backend}}');
  }
  if (context.cluster.type(typeName(request)) === undefined) throw crashOfUnknownType();
  await context.cluster.untilAllAnswer(request.timeout);
  const bucket = coveredBucket(context, request);
  const after = readContinuation(request.continuation);
  const limit = request.max_results;
  const found = page(matches(bucket, request, after), after, limit);
  const continuation = limit !== undefined && found.length >= limit ? continuationAfter(found) : undefined;
  // Only pages are in order: otherwise each partition sends its own part when it is ready.
  const ordered = limit !== undefined || request.pagination_sort === true;
  const batches = ordered ? chunks(found, MATCHES_PER_FRAME) : byPartition(found, (match) => match.key);
  if (request.stream !== true) {
    return [
      {
        code: Code.indexAnswer,
        body: indexAnswer.encode({ ...listed(batches.flat(), request), continuation }),
      },
    ];
  }
  return [
    ...batches.map((batch) => ({ code: Code.indexAnswer, body: indexAnswer.encode(listed(batch, request)) })),
    { code: Code.indexAnswer, body: indexAnswer.encode({ continuation, done: true }) },
  ];
}

/** A bucket as one query finds it. */
interface CoveredBucket {
  /** Keys in hex and in order, those from `from` on. */
  keys(from: string): Iterable<string>;
  contents(key: string): readonly Content[];
}

function coveredBucket(context: Context, request: IndexRequest): CoveredBucket {
  const { typeName, bucket } = requireBucket(context, request);
  const offset = offsetOf(context);
  const { cluster } = context;
  return {
    keys: (from) => cluster.covered(typeName, bucket, from, offset),
    contents: (key) => {
      const stored = cluster.merged(typeName, bucket, key);
      return stored?.type === 'object' ? stored.values.map(({ value }) => value) : [];
    },
  };
}

function checkQuery(request: IndexRequest): void {
  if (request.qtype === IndexQueryType.equal && request.key === undefined) {
    throw new RiakError('Invalid equality query undefined');
  }
  const { range_min: min, range_max: max } = request;
  if (request.qtype === IndexQueryType.range && (min === undefined || max === undefined)) {
    throw new RiakError(
      `Invalid range query: ${min?.toString() ?? 'undefined'} -> ${max?.toString() ?? 'undefined'}`,
    );
  }
}

/** What matches, in order; what comes before `after` may be left out. */
function* matches(bucket: CoveredBucket, request: IndexRequest, after: Match | undefined): Generator<Match> {
  const index = required(request.index).toString('latin1');
  const done = after?.key.toString('hex') ?? '';
  if (index === '$bucket') {
    for (const key of bucket.keys(done)) yield { term: undefined, key: Buffer.from(key, 'hex') };
    return;
  }
  const min = required(request.qtype === IndexQueryType.range ? request.range_min : request.key);
  const max = required(request.qtype === IndexQueryType.range ? request.range_max : request.key);
  if (index === '$key') {
    const first = min.toString('hex');
    const last = max.toString('hex');
    for (const key of bucket.keys(first < done ? done : first)) {
      if (key > last) return;
      yield { term: undefined, key: Buffer.from(key, 'hex') };
    }
    return;
  }
  yield* entries(bucket, index, min, max);
}

/**
 * Entries of an index that objects carry. Every object is looked at: such queries are for few
 * objects here.
 */
function entries(bucket: CoveredBucket, index: string, min: Buffer, max: Buffer): Match[] {
  const numeric = index.endsWith('_int');
  const read = (bytes: Buffer) => (numeric ? Number(bytes.toString('latin1')) : bytes);
  const found: Match[] = [];
  for (const key of bucket.keys('')) {
    const terms = bucket
      .contents(key)
      .flatMap(({ indexes }) => indexes ?? [])
      .filter((entry) => entry.key?.toString('latin1') === index)
      .map((entry) => read(entry.value ?? Buffer.alloc(0)));
    const unique = terms.filter((term, at) => terms.findIndex((other) => compare(other, term) === 0) === at);
    for (const term of unique) {
      if (compare(term, read(min)) >= 0 && compare(term, read(max)) <= 0) {
        found.push({ term, key: Buffer.from(key, 'hex') });
      }
    }
  }
  return found.sort(compareMatches);
}

function page(all: Iterable<Match>, after: Match | undefined, limit = Infinity): Match[] {
  const found: Match[] = [];
  for (const match of all) {
    if (after !== undefined && compareMatches(match, after) <= 0) continue;
    if (found.length >= limit) break;
    found.push(match);
  }
  return found;
}

function listed(batch: readonly Match[], request: IndexRequest): Parameters<typeof indexAnswer.encode>[0] {
  const terms = request.return_terms === true && request.qtype === IndexQueryType.range;
  if (!terms || request.index?.toString('latin1') === '$bucket') return { keys: batch.map(({ key }) => key) };
  return { results: batch.map(({ term, key }) => ({ key: printedTerm(term ?? key), value: key })) };
}

function continuationAfter(found: readonly Match[]): Buffer | undefined {
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const term = last.term === undefined ? last.key : [last.term, last.key];
  return Buffer.from(encodeTerm(term).toString('base64'));
}

function readContinuation(bytes: Buffer | undefined): Match | undefined {
  if (bytes === undefined) return undefined;
  const term = readTerm(bytes);
  if (Buffer.isBuffer(term)) return { term: undefined, key: term };
  if (typeof term === 'object') {
    const [value, key] = term;
    if (Buffer.isBuffer(key) && (Buffer.isBuffer(value) || typeof value === 'number'))
      return { term: value, key };
  }
  throw new RiakError('{invalid_continuation,undefined}');
}

function readTerm(bytes: Buffer): Term {
  try {
    return decodeTerm(Buffer.from(bytes.toString('latin1'), 'base64'));
  } catch (error) {
    if (!(error instanceof TermError)) throw error;
    throw new RiakCrash('Error processing incoming message: error:badarg:[{erlang,binary_to_term,1,[]}]');
  }
}

function compareMatches(a: Match, b: Match): number {
  if (a.term === undefined || b.term === undefined) return Buffer.compare(a.key, b.key);
  return compare(a.term, b.term) || Buffer.compare(a.key, b.key);
}

function compare(a: Buffer | number, b: Buffer | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(printedTerm(a), printedTerm(b));
}

function printedTerm(term: Buffer | number): Buffer {
  return typeof term === 'number' ? Buffer.from(String(term)) : term;
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

/**
 * Riak answers a query on a bucket type that is not there with the stack trace of the crash, some
 * kilobytes of it.
 */
function crashOfUnknownType(): RiakCrash {
  const call = '{riak_kv_index_fsm,init,2,[{file,"src/riak_kv_index_fsm.erl"},{line,1}]}';
  const trace = Array.from({ length: 40 }, () => call).join(',\n ');
  return new RiakCrash(`Error processing incoming message: error:{badmatch,{error,no_type}}:[${trace}]`);
}
