import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { defined } from '../support/defined.js';
import { ask, callApi, deploy, jsonOf, mainOf, RAW, type Deployment } from './client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble, type OpenWhiskDoubleOptions } from './double.js';
import { settingsOf } from './options.js';
import { toKeyValues, type JsonObject } from './json.js';

/** Answers how often this process has run, after a while. */
const counting = (ms = 0): string =>
  `let runs = 0; ${mainOf(`const run = ++runs; return new Promise((done) => setTimeout(done, ${ms}, { body: { run, pid: process.pid } }));`)}`;

describe('the containers of the double', () => {
  let double: OpenWhiskDouble;

  const start = async (options: OpenWhiskDoubleOptions = {}): Promise<void> => {
    double = await startOpenWhiskDouble({ invocationsPerMinute: 1e6, ...options });
  };

  afterEach(() => double.close());

  const call = async (): Promise<JsonObject> => jsonOf(await ask(double.webUrl('action'))) as JsonObject;

  it('are one process for many runs, initialized once', async () => {
    await start();
    await deploy(double, 'action', counting());
    const first = await call();
    expect(await call()).to.deep.equal({ run: 2, pid: first['pid'] });
  });

  it('run one activation at a time unless the action allows more', async () => {
    await start({ maxConcurrency: 64 });
    const pids = async (): Promise<number> =>
      new Set((await Promise.all(Array.from({ length: 4 }, call))).map(({ pid }) => pid)).size;
    await deploy(double, 'action', counting(50));
    expect(await pids()).to.equal(4);
    await deploy(double, 'action', counting(50), { limits: { concurrency: 4 } });
    expect(await pids()).to.equal(1);
  });

  it('refuse a second run at once if they were not told to allow it, whatever the action says', async () => {
    await start({ maxConcurrency: 64, allowConcurrent: false, deadContainerMs: 50 });
    await deploy(double, 'action', counting(100), { limits: { concurrency: 4 } });
    await call();
    const statuses = await Promise.all([1, 2].map(async () => (await ask(double.webUrl('action'))).status));
    expect(statuses).to.include(400);
  });

  it('queue what they have no room for', async () => {
    await start({ maxContainers: 1 });
    await deploy(double, 'action', counting(20));
    const runs = (await Promise.all(Array.from({ length: 5 }, call))).map(({ run }) => run);
    expect(runs.sort()).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('are stopped by SIGSTOP when they are idle, and go on with the next run', async () => {
    await start({ pauseAfterMs: 30 });
    await deploy(double, 'action', `setInterval(() => console.log('tick'), 5); ${counting()}`);
    await call();
    const container = defined(double.containers('action')[0]);
    await eventually('it is paused', 2000, () => container.isPaused);
    await delay(30);
    const ticks = double.lines.length;
    await delay(60);
    expect(double.lines.length).to.equal(ticks);
    expect((await call())['run']).to.equal(2);
    expect(container.isPaused).to.equal(false);
  });

  it('are killed without warning when they were idle for long', async () => {
    await start({ pauseAfterMs: 10, removeAfterMs: 60 });
    const code = `process.on('SIGTERM', () => console.log('warned')); process.on('exit', () => console.log('exit')); ${counting()}`;
    await deploy(double, 'action', code);
    const { pid } = await call();
    await eventually('it is removed', 2000, () => double.containers().length === 0);
    expect(double.lines).to.deep.equal([]);
    expect((await call())['pid']).to.not.equal(pid);
  });

  it('fail the runs that they have when they are killed, after a while, and no others', async () => {
    const deadContainerMs = 300;
    await start({ deadContainerMs });
    await deploy(double, 'action', counting(2000));
    const lost = ask(double.webUrl('action'));
    const container = await eventually('a run', 2000, () => double.containers('action')[0]);
    await delay(200);
    const killed = performance.now();
    await container.kill();
    expect((await lost).status).to.equal(400);
    expect(performance.now() - killed).to.be.at.least(deadContainerMs - 1);
    expect(settingsOf({}).deadContainerMs).to.equal(12_000);
    await deploy(double, 'action', counting());
    expect((await call())['run']).to.equal(1);
  });

  describe('with the scheduler', () => {
    it('are as many as the namespace may have at once; more runs wait for them', async () => {
      await start({ scheduler: true, concurrentInvocations: 2 });
      await deploy(double, 'action', counting(50));
      const runs = await Promise.all(Array.from({ length: 8 }, call));
      expect(new Set(runs.map(({ pid }) => pid)).size).to.equal(2);
      expect(runs).to.have.length(8);
    });

    it('are refused with 429 to an action that has none while the others are busy', async () => {
      await start({ scheduler: true, concurrentInvocations: 1 });
      await deploy(double, 'action', counting(500));
      await deploy(double, 'other', counting());
      const busy = call();
      await eventually('a container', 2000, () => double.containers('action')[0]);
      expect((await ask(double.webUrl('other'))).status).to.equal(429);
      await busy;
      expect((await ask(double.webUrl('other'))).status).to.equal(200);
    });

    it('are not taken again for an equal action that was deployed anew', async () => {
      await start({ scheduler: true });
      await redeploy(1);
      const { pid } = await callInPackage();
      await redeploy(1);
      expect((await callInPackage())['pid']).to.not.equal(pid);
    });
  });

  it('take the new code with the next run after an update', async () => {
    await start();
    await deploy(double, 'action', mainOf(`return { body: { version: 1 } };`));
    expect(await call()).to.deep.equal({ version: 1 });
    await deploy(double, 'action', mainOf(`return { body: { version: 2 } };`));
    expect(await call()).to.deep.equal({ version: 2 });
  });

  /** Deletes the action and its package, and deploys both anew, the package with this parameter. */
  async function redeploy(x: number, how: Deployment = {}, code = counting()): Promise<void> {
    await callApi(double, 'DELETE', 'actions/p/action');
    await callApi(double, 'DELETE', 'packages/p');
    await callApi(double, 'PUT', 'packages/p', { parameters: toKeyValues({ x }) });
    await deploy(double, 'p/action', code, how);
  }

  const callInPackage = async (): Promise<JsonObject> =>
    jsonOf(await ask(double.webUrl('p/action'))) as JsonObject;

  it('are taken again for an equal action, though the old one was deleted and its package has changed', async () => {
    await start();
    const code = `let runs = 0; ${mainOf('return { body: { run: ++runs, x: params.x } };')}`;
    await redeploy(1, {}, code);
    expect(await callInPackage()).to.deep.equal({ run: 1, x: 1 });
    await redeploy(2, {}, code);
    expect(await callInPackage()).to.deep.equal({ run: 2, x: 2 });
  });

  it('are not taken for another code, version, annotation, limit or parameter of the action itself', async () => {
    await start();
    await redeploy(1);
    const pids = new Set([(await callInPackage())['pid']]);
    const others: [Deployment, string?][] = [
      [{}, `/* other */ ${counting()}`],
      [{ annotations: { ...RAW, deployment: 'b' } }],
      [{ limits: { timeout: 7000 } }],
      [{ parameters: { own: 1 } }],
    ];
    for (const [how, code] of others) {
      await redeploy(1, how, code);
      pids.add((await callInPackage())['pid']);
    }
    // The same once more, as version 0.0.2.
    await deploy(double, 'p/action', counting(), { parameters: { own: 1 } });
    pids.add((await callInPackage())['pid']);
    expect(pids.size).to.equal(6);
    expect(double.containers('p/action')).to.have.length(6);
  });

  it('evaluate code in a function, where the exports of CommonJS work and __dirname is not the code', async () => {
    await start();
    for (const code of [
      `exports.main = () => ({ body: { dir: __dirname } });`,
      `module.exports = { main: () => ({ body: { dir: __dirname } }) };`,
    ]) {
      await deploy(double, 'action', code);
      expect((await call())['dir']).to.match(/runtime$/);
    }
  });

  const environment = mainOf(
    'return { body: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("__OW_"))) };',
  );

  it('have the API host and the activation in their environment', async () => {
    await start();
    await deploy(double, 'action', environment);
    const answer = await ask(double.webUrl('action'), { headers: { 'X-Request-ID': 'request-1' } });
    expect(jsonOf(answer)).to.deep.include({
      __OW_API_HOST: double.apiHost,
      __OW_ACTIVATION_ID: answer.headers['x-openwhisk-activation-id'],
      __OW_TRANSACTION_ID: 'request-1',
      __OW_NAMESPACE: 'guest',
      __OW_ACTION_NAME: '/guest/action',
    });
    expect(jsonOf(answer)).to.have.property('__OW_DEADLINE');
  });

  it('have the key only if the action asks for it', async () => {
    await start();
    await deploy(double, 'action', environment);
    expect(await call()).to.not.have.property('__OW_API_KEY');
    await deploy(double, 'action', environment, { annotations: { ...RAW, 'provide-api-key': true } });
    expect((await call())['__OW_API_KEY']).to.equal(double.auth);
  });

  it('have one environment for all their runs: later, the activation id is that of another run', async () => {
    await start({ maxConcurrency: 64 });
    const code = mainOf(
      `const before = process.env.__OW_ACTIVATION_ID; return new Promise((done) => setTimeout(() => done({ body: { before, after: process.env.__OW_ACTIVATION_ID } }), 100));`,
    );
    await deploy(double, 'action', code, { limits: { concurrency: 64 } });
    await call();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(double.webUrl('action'))));
    const seen = answers.map((answer) => jsonOf(answer) as JsonObject);
    const ids = answers.map(({ headers }) => headers['x-openwhisk-activation-id']);
    expect(seen.map((environment) => environment['before'])).to.deep.equal(ids);
    expect(new Set(seen.map((environment) => environment['after'])).size).to.equal(1);
  });

  it('are gone when the double is closed, paused or not', async () => {
    await start({ pauseAfterMs: 1 });
    await deploy(double, 'action', counting());
    const { pid } = await call();
    await callApi(double, 'GET', 'actions');
    await delay(30);
    await double.close();
    expect(() => process.kill(Number(pid), 0)).to.throw('ESRCH');
  });
});
