import { expect } from 'chai';
import fc from 'fast-check';
import { ask, deploy, ECHO, jsonOf, RAW, WEB, type Ask } from './client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from './double.js';
import type { JsonObject } from './json.js';
import { decodeQuery, renderQuery } from './lossy-uri.js';

const percent = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/../g, '%$&');

describe('what a web action gets of a request', () => {
  let double: OpenWhiskDouble;

  before(async () => {
    double = await startOpenWhiskDouble({ invocationsPerMinute: 1e6 });
    await deploy(double, 'raw', ECHO);
    await deploy(double, 'web', ECHO, { annotations: WEB, parameters: { bound: 'mine' } });
    await deploy(double, 'open', ECHO, {
      annotations: { 'web-export': true },
      parameters: { bound: 'mine' },
    });
  });

  after(() => double.close());

  const got = async (action: string, rest = '', how: Ask = {}): Promise<JsonObject> =>
    jsonOf(await ask(`${double.webUrl(action)}${rest}`, how)) as JsonObject;

  it('is a method in lower case, headers with lower-case names, and the path behind its name', async () => {
    const { __ow_method, __ow_headers, __ow_path } = await got('raw', '/a/b', {
      method: 'PUT',
      headers: { 'X-Real-IP': '192.0.2.1', 'X-Twice': ['first', 'last'] },
    });
    expect([__ow_method, __ow_path]).to.deep.equal(['put', '/a/b']);
    expect(__ow_headers).to.include({ 'x-real-ip': '192.0.2.1', 'x-twice': 'last' });
  });

  it('is a query in which malformed UTF-8 has become U+FFFD, raw or not', async () => {
    const query = '?info_hash=%01%80%ffa&x=%c3%a9';
    expect((await got('raw', query))['__ow_query']).to.equal('info_hash=%01%EF%BF%BD%EF%BF%BDa&x=%C3%A9');
    expect(await got('web', query)).to.include({ info_hash: '\u0001\ufffd\ufffda', x: '\u00e9' });
  });

  it('is a path as lossy as the query', async () => {
    expect((await got('raw', '/%ff/%41'))['__ow_path']).to.equal('/%EF%BF%BD/A');
  });

  it('is almost never a random infohash', () => {
    const survives = (hash: Uint8Array): boolean => {
      const [pair] = decodeQuery(renderQuery(decodeQuery(`h=${percent(hash)}`)));
      return Buffer.from(pair?.[1] ?? '').equals(Buffer.from(hash));
    };
    const hashes = fc.sample(fc.uint8Array({ minLength: 20, maxLength: 20, max: 255 }), {
      numRuns: 500,
      seed: 1,
    });
    const binary = hashes.filter((hash) => hash.some((byte) => byte > 0x7f));
    expect(binary.filter(survives).length).to.be.below(binary.length / 100);
    expect(survives(Buffer.from('twenty ASCII letters'))).to.equal(true);
  });

  it('is every value of a key in a raw query, else the last', async () => {
    expect((await got('raw', '?a=1&a=2&b'))['__ow_query']).to.equal('a=1&a=2&b');
    expect(await got('web', '?a=1&a=2&b')).to.include({ a: '2', b: '' });
  });

  it('is a raw body as text, in base64 if it is binary or JSON, and empty if there is none', async () => {
    const body = async (type: string, text: string): Promise<unknown> =>
      (await got('raw', '', { method: 'POST', headers: { 'Content-Type': type }, body: text }))['__ow_body'];
    expect(await body('text/plain', 'a')).to.equal('a');
    expect(await body('application/octet-stream', 'a')).to.equal('YQ==');
    expect(await body('application/json', '{}')).to.equal('e30=');
    expect((await got('raw'))['__ow_body']).to.equal('');
  });

  it('is what was bound, which a raw request cannot touch', async () => {
    await deploy(double, 'settings', ECHO, { parameters: { bound: 'mine' } });
    const params = await got('settings', '?bound=theirs&other=1', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"bound":"theirs","more":1}',
    });
    expect(params['bound']).to.equal('mine');
    expect(params).to.not.have.any.keys('other', 'more');
  });

  it('is refused without raw if it sets a final parameter, but may add others', async () => {
    const { status } = await ask(`${double.webUrl('web')}?bound=theirs`);
    expect(status).to.equal(400);
    expect(await got('web', '?unbound=theirs')).to.include({ bound: 'mine', unbound: 'theirs' });
    expect((await ask(`${double.webUrl('web')}?__ow_query=a`)).status).to.equal(400);
  });

  it('overrides what was bound without raw and final', async () => {
    expect((await got('open', '?bound=theirs'))['bound']).to.equal('theirs');
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await got('open', '', { method: 'POST', headers: form, body: 'bound=a+b' }))['bound']).to.equal(
      'a b',
    );
  });

  it('may be raw and not final', async () => {
    await deploy(double, 'raw-only', ECHO, {
      annotations: { ...RAW, final: false },
      parameters: { bound: 1 },
    });
    expect((await got('raw-only', '?bound=2'))['bound']).to.equal(1);
  });
});
