import { expect } from 'chai';
import { ask, deploy, ECHO, jsonOf, mainOf, RAW, type Answer, type Ask } from './client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from './double.js';
import type { JsonObject } from './json.js';

const SECRET = { ...RAW, 'require-whisk-auth': 'open sesame' };

describe('who gets through to a web action', () => {
  let double: OpenWhiskDouble;

  afterEach(() => double.close());

  it('is whoever knows its secret; the action sees it', async () => {
    double = await startOpenWhiskDouble();
    await deploy(double, 'action', ECHO, { annotations: SECRET });
    const url = double.webUrl('action');
    expect((await ask(url)).status).to.equal(401);
    expect((await ask(url, { headers: { 'X-Require-Whisk-Auth': 'Open Sesame' } })).status).to.equal(401);
    expect(double.activations()).to.deep.equal([]);
    const answer = await ask(url, { headers: { 'X-Require-Whisk-Auth': 'open sesame' } });
    expect(answer.status).to.equal(200);
    const headers = (jsonOf(answer) as JsonObject)['__ow_headers'];
    expect(headers).to.include({ 'x-require-whisk-auth': 'open sesame' });
  });

  it('names its request by X-Request-ID, which the controller takes for its transaction, or is given a name', async () => {
    double = await startOpenWhiskDouble();
    await deploy(double, 'action', ECHO, { annotations: SECRET });
    const codeOf = async (headers: Ask['headers'] = {}): Promise<unknown> =>
      (jsonOf(await ask(double.webUrl('action'), { headers })) as JsonObject)['code'];
    expect(await codeOf({ 'X-Request-ID': 'my-request' })).to.equal('my-request');
    expect(await codeOf()).to.match(/^[0-9a-f]{32}$/);
  });

  it('gets CORS headers with every answer, and the controller answers OPTIONS, secret or not', async () => {
    double = await startOpenWhiskDouble();
    await deploy(double, 'action', ECHO, { annotations: SECRET });
    const url = double.webUrl('action');
    for (const [method, status] of [
      ['GET', 401],
      ['OPTIONS', 200],
    ] as const) {
      const answer = await ask(url, { method, headers: { 'Access-Control-Request-Headers': 'X-A' } });
      expect(answer.status).to.equal(status);
      expect(answer.headers).to.include({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH',
        'access-control-allow-headers': 'X-A',
      });
    }
    expect(double.activations()).to.deep.equal([]);
  });

  it('gets neither if the action has web-custom-options', async () => {
    double = await startOpenWhiskDouble();
    await deploy(double, 'action', ECHO, { annotations: { ...SECRET, 'web-custom-options': true } });
    const answer = await ask(double.webUrl('action'), { method: 'OPTIONS' });
    expect((jsonOf(answer) as JsonObject)['__ow_method']).to.equal('options');
    expect(answer.headers).to.not.have.property('access-control-allow-origin');
    expect((await ask(double.webUrl('action'))).status).to.equal(401);
  });

  it('is 60 a minute, those without the secret counted', async () => {
    let time = 0;
    double = await startOpenWhiskDouble({ now: () => time });
    await deploy(double, 'action', mainOf(`return { body: 'a' };`), { annotations: SECRET });
    const knock = async (headers = {}): Promise<number> =>
      (await ask(double.webUrl('action'), { headers })).status;
    for (let i = 0; i < 59; i++) expect(await knock()).to.equal(401);
    const secret = { 'X-Require-Whisk-Auth': 'open sesame' };
    expect(await knock(secret)).to.equal(200);
    expect(await knock(secret)).to.equal(429);
    time = 60_000;
    expect(await knock(secret)).to.equal(200);
  });

  it('is 30 at once, and the rest get 429 with JSON', async () => {
    double = await startOpenWhiskDouble({ maxConcurrency: 100 });
    const slow = mainOf(`return new Promise((done) => setTimeout(done, 300, { body: 'a' }));`);
    await deploy(double, 'action', slow, { limits: { concurrency: 100 } });
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(double.webUrl('action'))));
    const statuses = (status: number): Answer[] => answers.filter((answer) => answer.status === status);
    expect(statuses(200)).to.have.length(30);
    expect(statuses(429)).to.have.length(10);
    expect(jsonOf(statuses(429)[0] as Answer)).to.have.all.keys('code', 'error');
  });
});
