import { expect } from 'chai';
import fc from 'fast-check';
import type { RiakDouble } from './double.js';
import { startRiakDouble } from './double.js';
import { decodeTerm, encodeTerm } from './erlang-terms.js';
import type { IndexRequest } from './messages.js';
import { Code, errorAnswer, indexAnswer, IndexQueryType, indexRequest, putRequest } from './messages.js';
import { RawClient } from './raw-client.js';

const PLACE = { type: Buffer.from('siblings'), bucket: Buffer.from('swarms') };
const ALL_KEYS: IndexRequest = {
  ...PLACE,
  index: Buffer.from('$key'),
  qtype: IndexQueryType.range,
  range_min: Buffer.from(''),
  range_max: Buffer.from('~'),
  stream: true,
};

describe('index queries of the Riak double', () => {
  let double: RiakDouble;
  let client: RawClient;

  beforeEach(async () => {
    double = await startRiakDouble();
    client = await RawClient.connect(double.nodes[0]?.port ?? 0);
  });

  afterEach(async () => {
    client.close();
    await double.close();
  });

  async function store(key: string, indexes: readonly (readonly [string, string])[] = []): Promise<void> {
    const pairs = indexes.map(([name, value]) => ({ key: Buffer.from(name), value: Buffer.from(value) }));
    const content = { value: Buffer.from('x'), indexes: pairs };
    await client.ask(Code.putRequest, putRequest.encode({ ...PLACE, key: Buffer.from(key), content }));
  }

  async function query(
    request: IndexRequest,
  ): Promise<{ keys: string[]; terms: string[]; continuation: Buffer | undefined }> {
    const frames = await client.ask(Code.indexRequest, indexRequest.encode(request));
    const parts = frames.map(({ body }) => indexAnswer.decode(body));
    const results = parts.flatMap((part) => part.results ?? []);
    return {
      keys: parts.flatMap((part) => part.keys ?? []).map(String),
      terms: results.map(({ key, value }) => `${String(key)}=${String(value)}`),
      continuation: parts.at(-1)?.continuation,
    };
  }

  async function allPages(request: IndexRequest): Promise<string[][]> {
    const pages: string[][] = [];
    let continuation: Buffer | undefined;
    do {
      const page = await query({ ...request, continuation });
      pages.push([...page.keys, ...page.terms]);
      continuation = page.continuation;
    } while (continuation !== undefined);
    return pages;
  }

  it('page through the keys in order, each key once, whatever the size of the page', async () => {
    const keys = Array.from({ length: 40 }, (_, i) => (i * 7919).toString(16)).sort();
    for (const key of keys) await store(key);
    for (const size of [1, 7, 100]) {
      const pages = await allPages({ ...ALL_KEYS, max_results: size });
      expect(pages.flat()).to.deep.equal(keys);
    }
  });

  it('give a continuation with every full page, so the last page may be empty', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await store(key);
    const pages = await allPages({ ...ALL_KEYS, max_results: 2 });
    expect(pages).to.deep.equal([['a', 'b'], ['c', 'd'], []]);
  });

  it('include both ends of a range', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await store(key);
    const range = { range_min: Buffer.from('b'), range_max: Buffer.from('c'), max_results: 10 };
    expect((await query({ ...ALL_KEYS, ...range })).keys).to.deep.equal(['b', 'c']);
  });

  it('without a page size give all keys in no order, in several frames', async () => {
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`).sort();
    for (const key of keys) await store(key);
    const frames = await client.ask(Code.indexRequest, indexRequest.encode(ALL_KEYS));
    const answered = frames.flatMap(({ body }) => indexAnswer.decode(body).keys ?? []).map(String);
    expect(frames.length).to.be.greaterThan(2);
    expect(answered).to.not.deep.equal(keys);
    expect(answered.sort()).to.deep.equal(keys);
  });

  it('go on where they were while keys before and behind come and go', async () => {
    for (const key of ['b', 'd', 'f', 'h']) await store(key);
    const first = await query({ ...ALL_KEYS, max_results: 2 });
    await store('a');
    await store('g');
    const second = await query({ ...ALL_KEYS, max_results: 2, continuation: first.continuation });
    expect([first.keys, second.keys]).to.deep.equal([
      ['b', 'd'],
      ['f', 'g'],
    ]);
  });

  it('page through entries of one term and of many', async () => {
    await store('x', [['seen_int', '9']]);
    await store('y', [['seen_int', '10']]);
    await store('z', [['seen_int', '10']]);
    const pages = await allPages({
      ...PLACE,
      index: Buffer.from('seen_int'),
      qtype: IndexQueryType.range,
      range_min: Buffer.from('1'),
      range_max: Buffer.from('99'),
      return_terms: true,
      stream: true,
      max_results: 1,
    });
    expect(pages).to.deep.equal([['9=x'], ['10=y'], ['10=z'], []]);
  });

  it('are refused with a stack trace of some kilobytes on an unknown bucket type, and the connection ends', async () => {
    const [frame] = await client.ask(
      Code.indexRequest,
      indexRequest.encode({ ...ALL_KEYS, type: Buffer.from('nope') }),
    );
    const text = errorAnswer.decode(frame?.body ?? Buffer.alloc(0)).errmsg?.toString() ?? '';
    expect(text).to.contain('no_type');
    expect(text.length).to.be.greaterThan(2000);
  });

  it('are refused where the backend has no secondary indexes', async () => {
    const bitcask = await startRiakDouble({ secondaryIndexes: false });
    const asking = await RawClient.connect(bitcask.nodes[0]?.port ?? 0);
    const [frame] = await asking.ask(Code.indexRequest, indexRequest.encode(ALL_KEYS));
    asking.close();
    await bitcask.close();
    expect(errorAnswer.decode(frame?.body ?? Buffer.alloc(0)).errmsg?.toString()).to.contain(
      'indexes_not_supported',
    );
  });
});

describe('terms of continuations', () => {
  it('come out as they went in', () => {
    const binary = fc.uint8Array({ maxLength: 30 }).map((raw) => Buffer.from(raw));
    const whole = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
    fc.assert(
      fc.property(fc.oneof(binary, whole, fc.tuple(fc.oneof(binary, whole), binary)), (term) => {
        expect(decodeTerm(encodeTerm(term))).to.deep.equal(term);
      }),
    );
  });
});
