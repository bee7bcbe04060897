import { expect } from 'chai';
import { ask, deploy, jsonOf, mainOf, type Answer } from './client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from './double.js';
import type { JsonObject } from './json.js';

describe('what a client gets of a web action', () => {
  let double: OpenWhiskDouble;

  before(async () => {
    double = await startOpenWhiskDouble({ invocationsPerMinute: 1e6, deadContainerMs: 50 });
  });

  after(() => double.close());

  /** Deploys an action with this main, and gives its answer. */
  const answerOf = async (main: string, limits = { timeout: 60_000 }): Promise<Answer> => {
    await deploy(double, 'action', mainOf(main), { limits });
    return ask(double.webUrl('action'));
  };

  /** Of the action as it is now: others of earlier tests are idle. */
  const containers = (): unknown[] =>
    double.containers('action').filter(({ action }) => action === double.entities.actions.get('action'));

  const expectError = (answer: Answer, status: number): void => {
    expect(answer.status).to.equal(status);
    expect(answer.headers['content-type']).to.equal('application/json');
    expect(jsonOf(answer)).to.have.all.keys('code', 'error');
  };

  it('is a status, headers and a body decoded from base64 if its type is binary', async () => {
    const { status, headers, body } = await answerOf(
      `return { statusCode: 201, headers: { 'Content-Type': 'application/octet-stream', 'X-A': 1, 'X-B': true, 'Set-Cookie': ['a', 'b'] }, body: '/w==' };`,
    );
    expect(status).to.equal(201);
    expect(headers).to.include({ 'content-type': 'application/octet-stream', 'x-a': '1', 'x-b': 'true' });
    expect(headers['set-cookie']).to.deep.equal(['a', 'b']);
    expect([...body]).to.deep.equal([0xff]);
  });

  it('is text as UTF-8, whatever bytes were meant', async () => {
    const { headers, body } = await answerOf(
      `return { headers: { 'Content-Type': 'text/plain' }, body: '\\xff/w==' };`,
    );
    expect(headers['content-type']).to.equal('text/plain; charset=UTF-8');
    expect(body.toString('hex')).to.equal(Buffer.from('\u00ff/w==').toString('hex'));
  });

  it('is HTML if there is no type, and JSON if the body is an object', async () => {
    expect((await answerOf(`return { body: 'a' };`)).headers['content-type']).to.equal(
      'text/html; charset=UTF-8',
    );
    const json = await answerOf('return { body: { a: 1 } };');
    expect([json.headers['content-type'], json.body.toString()]).to.deep.equal([
      'application/json',
      '{"a":1}',
    ]);
  });

  it('is a 400 if the body is no base64 though its type is binary', async () => {
    expectError(await answerOf(`return { headers: { 'Content-Type': 'image/png' }, body: 'd8:' };`), 400);
  });

  it('is a 400 if the type, a header or the status is none', async () => {
    expectError(await answerOf(`return { headers: { 'Content-Type': 'binary' }, body: 'a' };`), 400);
    expectError(await answerOf(`return { headers: { 'X-A': { b: 1 } }, body: 'a' };`), 400);
    expectError(await answerOf(`return { statusCode: 'fine', body: 'a' };`), 400);
  });

  it('is a 204 without a body', async () => {
    for (const result of ['{}', `{ body: '' }`, `{ body: null }`]) {
      const { status, body } = await answerOf(`return ${result};`);
      expect([status, body.length], result).to.deep.equal([204, 0]);
    }
    expect((await answerOf(`return { statusCode: 200, body: '' };`)).status).to.equal(200);
  });

  it('is the response in a result with an error, or a 400 if that is text', async () => {
    const { status, body } = await answerOf(`return { error: { statusCode: 418, body: 'teapot' } };`);
    expect([status, body.toString()]).to.deep.equal([418, 'teapot']);
    expectError(await answerOf(`return { error: 'text' };`), 400);
  });

  it('is a 204 if the promise was rejected, and the container lives on', async () => {
    expect((await answerOf(`return Promise.reject(new Error('a'));`)).status).to.equal(204);
    expect(containers()).to.have.length(1);
  });

  it('is a 400 if main throws, and the container is stopped', async () => {
    expectError(await answerOf(`throw new Error('a');`), 400);
    expect(containers()).to.deep.equal([]);
  });

  it('is a 400 if main returns no object, and the container is stopped', async () => {
    expectError(await answerOf(`return 'text';`), 400);
    expect(containers()).to.deep.equal([]);
  });

  it('is a 400 if the action takes longer than its timeout, and the container is stopped', async () => {
    expectError(
      await answerOf(`return new Promise(() => setTimeout(() => {}, 9000));`, { timeout: 100 }),
      400,
    );
    expect(containers()).to.deep.equal([]);
  });

  it('is a 400 if the process crashes', async () => {
    expectError(await answerOf('process.exit(1);'), 400);
  });

  it('is a 400 if the code cannot be loaded', async () => {
    await deploy(double, 'action', 'export function main() {}');
    expectError(await ask(double.webUrl('action')), 400);
  });

  it('is a 400 if the result is over 1 MB', async () => {
    expect((await answerOf(`return { body: 'a'.repeat(1000000) };`)).status).to.equal(200);
    expectError(await answerOf(`return { body: 'a'.repeat(1048576) };`), 400);
  });

  it('is a 202 if it takes longer than the controller waits', async () => {
    const impatient = await startOpenWhiskDouble({ maxWaitMs: 100 });
    try {
      await deploy(impatient, 'action', mainOf(`return new Promise((done) => setTimeout(done, 1000, {}));`));
      const answer = await ask(impatient.webUrl('action'));
      expectError(answer, 202);
      expect(answer.headers['x-openwhisk-activation-id']).to.match(/^[0-9a-f]{32}$/);
    } finally {
      await impatient.close();
    }
  });

  it('is a 404 for what is no web action, or not there', async () => {
    await deploy(double, 'private', mainOf('return {};'), { annotations: {} });
    expectError(await ask(double.webUrl('private')), 404);
    expectError(await ask(double.webUrl('nothing')), 404);
  });

  it('is a 503 if there is no invoker', async () => {
    const without = await startOpenWhiskDouble({ maxContainers: 0 });
    try {
      await deploy(without, 'action', mainOf('return {};'));
      expectError(await ask(without.webUrl('action')), 503);
    } finally {
      await without.close();
    }
  });

  it('names the transaction, by the id of the request if it has one', async () => {
    const { headers } = await ask(double.webUrl('nothing'), { headers: { 'X-Request-ID': 'r1' } });
    expect(headers['x-request-id']).to.equal('r1');
    expect((await ask(double.apiHost)).headers['x-request-id']).to.match(/^[0-9A-Za-z]+$/);
  });

  it('names the activation, whose record can be read', async () => {
    const { headers } = await answerOf(`return { body: 'a' };`);
    const last = double.activations().at(-1);
    expect(last).to.include({
      activationId: headers['x-openwhisk-activation-id'],
      name: 'action',
      status: 'success',
    });
    expect((last?.result as JsonObject)['body']).to.equal('a');
  });
});
