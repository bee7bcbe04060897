import { expect } from 'chai';
import openwhisk from 'openwhisk';
import { eventually } from '../support/eventually.js';
import { defined } from '../support/defined.js';
import { ask, callApi, deploy, ECHO, jsonOf, mainOf, RAW, type Answer } from './client.js';
import { startOpenWhiskDouble, type OpenWhiskDouble } from './double.js';
import { toKeyValues, type JsonObject } from './json.js';

const REPORT = mainOf('console.log(JSON.stringify(params)); return { done: true };');

describe('the API of the double', () => {
  let double: OpenWhiskDouble;
  const api = (method: string, path: string, body?: JsonObject): Promise<Answer> =>
    callApi(double, method, path, body);
  const objectOf = async (answer: Promise<Answer>): Promise<JsonObject> => jsonOf(await answer) as JsonObject;

  beforeEach(async () => {
    double = await startOpenWhiskDouble({ invocationsPerMinute: 1e6, maxConcurrency: 64 });
  });

  afterEach(() => double.close());

  it('says at its root which runtimes there are', async () => {
    const { runtimes } = jsonOf(await ask(double.apiHost)) as { runtimes: JsonObject };
    expect(
      (runtimes['nodejs'] as readonly JsonObject[]).map(({ kind, default: preset }) => [kind, preset]),
    ).to.deep.equal([
      ['nodejs:18', false],
      ['nodejs:20', true],
    ]);
  });

  it("refuses a wrong key with 401, and somebody else's namespace with 403", async () => {
    expect((await callApi(double, 'GET', 'actions', undefined, 'a:b')).status).to.equal(401);
    const headers = { Authorization: `Basic ${Buffer.from(double.auth).toString('base64')}` };
    expect((await ask(`${double.apiHost}/api/v1/namespaces/other/actions`, { headers })).status).to.equal(
      403,
    );
    expect(jsonOf(await ask(`${double.apiHost}/api/v1/namespaces`, { headers }))).to.deep.equal(['guest']);
  });

  it('creates, shows, lists, updates and deletes a package', async () => {
    const parameters = toKeyValues({ STORE: 'riak' });
    expect(await objectOf(api('PUT', 'packages/tracker?overwrite=true', { parameters }))).to.deep.include({
      name: 'tracker',
      namespace: 'guest',
      version: '0.0.1',
      parameters,
    });
    expect((await api('PUT', 'packages/tracker', {})).status).to.equal(409);
    expect((await objectOf(api('PUT', 'packages/tracker?overwrite=true', {})))['version']).to.equal('0.0.2');
    expect((await objectOf(api('GET', 'packages/tracker')))['parameters']).to.deep.equal(parameters);
    expect(jsonOf(await api('GET', 'packages'))).to.have.length(1);
    expect((await api('DELETE', 'packages/tracker')).status).to.equal(200);
    expect((await api('GET', 'packages/tracker')).status).to.equal(404);
    expect((await api('DELETE', 'packages/tracker')).status).to.equal(404);
  });

  it('does not delete a package with actions, nor create an action without its package', async () => {
    expect(
      (await api('PUT', 'actions/tracker/a', { exec: { kind: 'nodejs:20', code: ECHO } })).status,
    ).to.equal(404);
    await api('PUT', 'packages/tracker', {});
    await deploy(double, 'tracker/a', ECHO);
    expect((await api('DELETE', 'packages/tracker')).status).to.equal(409);
    expect((await objectOf(api('GET', 'packages/tracker')))['actions']).to.have.length(1);
    expect((await api('DELETE', 'actions/tracker/a')).status).to.equal(200);
    expect((await api('DELETE', 'packages/tracker')).status).to.equal(200);
  });

  it('gives an action the parameters of its package, its own first', async () => {
    await api('PUT', 'packages/tracker', { parameters: toKeyValues({ a: 1, b: 1 }) });
    await deploy(double, 'tracker/a', ECHO, { parameters: { b: 2 } });
    const shown = await objectOf(api('GET', 'actions/tracker/a?code=false'));
    expect(shown['parameters']).to.deep.equal(toKeyValues({ a: 1, b: 2 }));
    expect(shown['exec']).to.deep.equal({ kind: 'nodejs:20', binary: false });
    expect(jsonOf(await ask(double.webUrl('tracker/a')))).to.include({ a: 1, b: 2 });
  });

  it('keeps what an update does not mention: a redeploy does not undo the concurrency', async () => {
    await deploy(double, 'a', ECHO, { parameters: { a: 1 }, limits: { timeout: 5000 } });
    const client = openwhisk({ apihost: double.apiHost, api_key: double.auth, namespace: '_' });
    await client.actions.update({ name: 'a', limits: { concurrency: 64 } });
    await deploy(double, 'a', ECHO, {
      parameters: { a: 1 },
      limits: { timeout: 6000, memory: 128, logs: 0 },
    });
    const { limits, annotations, version } = await objectOf(api('GET', 'actions/a'));
    expect(limits).to.deep.equal({ timeout: 6000, memory: 128, logs: 0, concurrency: 64 });
    expect(annotations).to.deep.include({ key: 'raw-http', value: true });
    expect(version).to.equal('0.0.3');
  });

  it('refuses limits and runtimes that there are not', async () => {
    const statusOf = async (body: JsonObject): Promise<number> =>
      (await api('PUT', 'actions/a?overwrite=true', { exec: { kind: 'nodejs:20', code: ECHO }, ...body }))
        .status;
    expect(await statusOf({})).to.equal(200);
    for (const limits of [
      { timeout: 99 },
      { timeout: 300_001 },
      { memory: 127 },
      { memory: 513 },
      { logs: 11 },
      { concurrency: 65 },
    ]) {
      expect(await statusOf({ limits }), JSON.stringify(limits)).to.equal(400);
    }
    for (const kind of ['nodejs:10', 'nodejs:22', 'python:3']) {
      expect(await statusOf({ exec: { kind, code: ECHO } }), kind).to.equal(400);
    }
  });

  it('invokes an action and waits for its result, its activation or neither', async () => {
    await deploy(double, 'a', mainOf('return { got: params.x };'), { annotations: {} });
    expect(jsonOf(await api('POST', 'actions/a?blocking=true&result=true', { x: 7 }))).to.deep.equal({
      got: 7,
    });
    const activation = await objectOf(api('POST', 'actions/a?blocking=true', { x: 8 }));
    expect(activation['response']).to.deep.include({ success: true, result: { got: 8 } });
    const { status, body } = await api('POST', 'actions/a', { x: 9 });
    expect(status).to.equal(202);
    const { activationId } = JSON.parse(body.toString()) as { activationId: string };
    await eventually(
      'its record',
      2000,
      async () => (await api('GET', `activations/${activationId}`)).status === 200,
    );
    expect(jsonOf(await api('GET', 'activations'))).to.have.length(3);
    expect(jsonOf(await api('GET', `activations/${activationId}/result`))).to.deep.include({
      result: { got: 9 },
    });
  });

  it('answers 502 if the action fails, and 400 if a final parameter is given', async () => {
    await deploy(double, 'a', mainOf(`return { error: 'no' };`), { annotations: {} });
    expect((await api('POST', 'actions/a?blocking=true&result=true', {})).status).to.equal(502);
    await deploy(double, 'b', ECHO, { annotations: RAW, parameters: { x: 1 } });
    expect((await api('POST', 'actions/b?blocking=true', { x: 2 })).status).to.equal(400);
  });

  it('fires a trigger: its active rules run their actions with its parameters and the payload', async () => {
    await deploy(double, 'a', REPORT, { annotations: {}, parameters: { bound: 1 } });
    expect((await api('POST', 'triggers/t', {})).status).to.equal(404);
    await api('PUT', 'triggers/t?overwrite=true', { parameters: toKeyValues({ from: 'trigger' }) });
    expect((await api('POST', 'triggers/t', {})).status).to.equal(204);
    const rule = await objectOf(api('PUT', 'rules/r?overwrite=true', { trigger: '/_/t', action: '/_/a' }));
    expect(rule).to.deep.include({ status: 'active', trigger: { path: 'guest', name: 't' } });
    expect((await api('POST', 'triggers/t', { payload: 2 })).status).to.equal(202);
    const { line } = await eventually('a run', 2000, () => double.lines[0]);
    expect(JSON.parse(line)).to.deep.equal({ bound: 1, from: 'trigger', payload: 2 });
    await api('POST', 'rules/r', { status: 'inactive' });
    expect((await api('POST', 'triggers/t', {})).status).to.equal(204);
    expect((await api('DELETE', 'rules/r')).status).to.equal(200);
    expect((await api('DELETE', 'triggers/t')).status).to.equal(200);
  });

  it('refuses a rule whose trigger or action is not there', async () => {
    const body = { trigger: '/_/t', action: '/guest/a' };
    expect((await api('PUT', 'rules/r', body)).status).to.equal(400);
    await api('PUT', 'triggers/t', {});
    expect((await api('PUT', 'rules/r', body)).status).to.equal(400);
    await deploy(double, 'a', ECHO);
    expect((await api('PUT', 'rules/r', body)).status).to.equal(200);
    expect(jsonOf(await api('GET', 'rules'))).to.have.length(1);
  });

  it('tells the limits of the namespace', async () => {
    const { status, body } = await api('GET', 'limits');
    expect(status).to.equal(200);
    expect(JSON.parse(body.toString())).to.deep.equal({
      invocationsPerMinute: 1e6,
      concurrentInvocations: 30,
      firesPerMinute: 60,
    });
  });

  it('keeps records of failures only of what somebody waited for, if it is told to', async () => {
    const sparing = await startOpenWhiskDouble({ storeFailuresOnly: true });
    try {
      await deploy(sparing, 'good', ECHO);
      await deploy(sparing, 'bad', mainOf('return Promise.reject(new Error("on purpose"));'));
      await ask(sparing.webUrl('good'));
      await ask(sparing.webUrl('bad'));
      expect(sparing.activations().map(({ name }) => name)).to.deep.equal(['bad']);
      await callApi(sparing, 'POST', 'actions/good', {});
      await eventually(
        'the record of a run that nobody waited for',
        2000,
        () => sparing.activations().length === 2,
      );
    } finally {
      await sparing.close();
    }
  });

  it('keeps a list of the calls, web actions not among them', async () => {
    await deploy(double, 'a', ECHO);
    await ask(double.webUrl('a'));
    expect(double.apiCalls).to.deep.equal([
      { method: 'PUT', target: '/api/v1/namespaces/_/actions/a?overwrite=true' },
    ]);
  });

  it('has alarms that ring when they are told to', async () => {
    const client = openwhisk({ apihost: double.apiHost, api_key: double.auth, namespace: '_' });
    await deploy(double, 'a', REPORT, { annotations: {} });
    await client.triggers.create({ name: 'nightly' });
    await client.rules.create({ name: 'r', trigger: 'nightly', action: 'a' });
    const feed = {
      lifecycleEvent: 'CREATE',
      triggerName: '/guest/nightly',
      authKey: double.auth,
      minutes: 30,
    };
    await client.actions.invoke({ name: '/whisk.system/alarms/interval', blocking: true, params: feed });
    const alarms = defined(double.alarms);
    expect(alarms.all()).to.deep.equal([{ trigger: 'nightly', minutes: 30, payload: {} }]);
    alarms.ring('nightly');
    await eventually('a run', 2000, () => double.lines[0]);
    await client.feeds.delete({ name: '/whisk.system/alarms/interval', trigger: 'nightly' });
    expect(alarms.all()).to.deep.equal([]);
    expect(() => {
      alarms.ring('nightly');
    }).to.throw('no alarm');
  });

  it('counts invocations by the minute of the clock: twice the limit may pass between two of them', async () => {
    let seconds = 59;
    const limited = await startOpenWhiskDouble({ invocationsPerMinute: 2, now: () => seconds * 1000 });
    try {
      await deploy(limited, 'a', ECHO);
      const statuses = async (): Promise<number[]> => {
        const answers: number[] = [];
        for (let i = 0; i < 3; i++) answers.push((await ask(limited.webUrl('a'))).status);
        return answers;
      };
      expect(await statuses()).to.deep.equal([200, 200, 429]);
      seconds = 60;
      expect(await statuses()).to.deep.equal([200, 200, 429]);
      seconds = 119;
      expect((await ask(limited.webUrl('a'))).status).to.equal(429);
    } finally {
      await limited.close();
    }
  });

  it('answers 403 to a call of the alarms package where it is not installed', async () => {
    const without = await startOpenWhiskDouble({ alarms: false });
    try {
      const headers = { Authorization: `Basic ${Buffer.from(without.auth).toString('base64')}` };
      const url = `${without.apiHost}/api/v1/namespaces/whisk.system/actions/alarms/interval?blocking=true`;
      expect((await ask(url, { method: 'POST', headers, body: '{}' })).status).to.equal(403);
    } finally {
      await without.close();
    }
  });
});
