import { expect } from 'chai';

import { platformAction } from '../../lib/openwhisk/platform.js';
import { webActionResult, type WebAction, type WebActionParams } from '../../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { eventually } from '../support/eventually.js';
import { Reply } from '../tracker/tracker-harness.js';

/** What the controller adds for a raw web action. */
const RAW = { __ow_method: 'get', __ow_headers: {}, __ow_path: '', __ow_query: '', __ow_body: '' };

/** Nobody listens there; a store does not connect before it is called. */
const PARAMETERS = { ...RAW, STORE: 'riak', RIAK_NODES: '127.0.0.1:9', LOG_LEVEL: 'silent' };

describe('an action on the platform', () => {
  let made: TrackerComponents[];
  let written: string[];
  const write = console.log;

  const create = (components: TrackerComponents): WebAction => {
    made.push(components);
    return () => Promise.resolve(webActionResult(Buffer.from('de')));
  };

  beforeEach(() => {
    made = [];
    written = [];
  });

  afterEach(async () => {
    console.log = write;
    for (const { store } of made) await store.close();
  });

  it('is made once for all runs that come with the same parameters', async () => {
    const action = platformAction(create);
    expect(made).to.deep.equal([]);
    for (let i = 0; i < 3; i++) {
      await action({ ...PARAMETERS, NUMWANT_MAX: 77, __ow_headers: { 'x-real-ip': `192.0.2.${i}` } });
    }
    expect(made.map(({ config }) => config.numwantMax)).to.deep.equal([77]);
  });

  it('is made anew for a run that comes with other parameters, more or fewer', async () => {
    const action = platformAction(create);
    const runs = [{ NUMWANT_MAX: 77 }, { NUMWANT_MAX: 99 }, {}, { NUMWANT_DEFAULT: 7 }, { list: [1] }];
    for (const bound of runs) {
      for (let i = 0; i < 2; i++) await action({ ...PARAMETERS, ...structuredClone(bound) });
    }
    expect(made.map(({ config }) => [config.numwantMax, config.numwantDefault])).to.deep.equal([
      [77, 50],
      [99, 50],
      [200, 50],
      [200, 7],
      [200, 50],
    ]);
  });

  it('closes the store of the old parameters when the last run that uses it has ended, not before', async () => {
    const ends: (() => void)[] = [];
    const closed: TrackerComponents[] = [];
    const action = platformAction((components) => {
      made.push(components);
      const close = components.store.close.bind(components.store);
      components.store.close = () => {
        closed.push(components);
        return close();
      };
      return () =>
        new Promise((resolve) => {
          ends.push(() => {
            resolve(webActionResult(Buffer.from('de')));
          });
        });
    });
    const old = [1, 2].map(() => action({ ...PARAMETERS, RIAK_NODES: '127.0.0.1:9' }));
    const renewed = action({ ...PARAMETERS, RIAK_NODES: '127.0.0.1:10' });
    await eventually('all three run', 2000, () => ends.length === 3);
    expect(made.map(({ config }) => config.riakNodes)).to.deep.equal([['127.0.0.1:9'], ['127.0.0.1:10']]);
    for (const [i, run] of old.entries()) {
      expect(closed).to.deep.equal([]);
      ends[i]?.();
      await run;
    }
    await eventually('the old store is closed', 2000, () => closed.length === 1);
    expect(closed).to.deep.equal(made.slice(0, 1));
    ends[2]?.();
    await renewed;
    expect(closed).to.have.length(1);
  });

  it('never goes on with old parameters where the new ones are wrong', async () => {
    const action = platformAction(create);
    await action(PARAMETERS);
    console.log = () => undefined;
    const { body } = await action({ ...PARAMETERS, NUMWANT_MAX: 'many' });
    console.log = write;
    expect(new Reply(Buffer.from(body, 'base64')).text('failure reason')).to.equal('internal error');
    await action(PARAMETERS);
    expect(made).to.have.length(2);
  });

  it('names the deployment that its parameters came with to a probe, and to nobody else', async () => {
    const action = platformAction(create);
    const probe = { ...PARAMETERS, __ow_headers: { 'x-tracker-probe': '1' } };
    const nameFor = async (params: WebActionParams): Promise<string | undefined> =>
      (await action(params)).headers['X-Tracker-Deployment'];
    for (const name of ['a1', 'b2']) {
      expect(await nameFor({ ...probe, TRACKER_DEPLOYMENT: name })).to.equal(name);
      expect(await nameFor({ ...PARAMETERS, TRACKER_DEPLOYMENT: name })).to.equal(undefined);
    }
    for (const none of ['', 'two lines\r\n', 7, undefined]) {
      expect(await nameFor({ ...probe, TRACKER_DEPLOYMENT: none })).to.equal(undefined);
    }
  });

  it('answers a failure without details if the parameters are wrong, logs why, and works once they are right', async () => {
    const action = platformAction(create);
    for (const parameters of [RAW, { ...RAW, STORE: 'lmdb' }, { ...PARAMETERS, NUMWANT_MAX: 'many' }]) {
      console.log = (line: string) => written.push(line);
      const { body } = await action(parameters);
      console.log = write;
      const reply = new Reply(Buffer.from(body, 'base64'));
      expect(reply.text('failure reason')).to.equal('internal error');
      expect(reply.get('retry in')).to.equal(5);
    }
    const causes = written.map((line) => (JSON.parse(line) as { cause: Record<string, string> }).cause);
    expect(causes.map(({ name }) => name)).to.deep.equal(['ConfigError', 'ConfigError', 'ConfigError']);
    expect(causes.map(({ message }) => message?.split(':')[0])).to.deep.equal([
      'STORE',
      'STORE',
      'NUMWANT_MAX',
    ]);
    expect(made).to.deep.equal([]);
    expect(await action(PARAMETERS)).to.deep.equal(webActionResult(Buffer.from('de')));
  });

  it('refuses to run unless it is raw, as a client could choose its settings', async () => {
    const action = platformAction(create);
    await action(PARAMETERS);
    const notRaw = { ...PARAMETERS, __ow_query: undefined };
    console.log = (line: string) => written.push(line);
    const { body } = await action({ ...notRaw, TRUST_IP_PARAMETER: 'on' });
    console.log = write;
    expect(new Reply(Buffer.from(body, 'base64')).text('failure reason')).to.equal('internal error');
    expect(written.join()).to.include('DeploymentError').and.to.include('web: raw');
  });

  it('answers whatever it is called with', async () => {
    const action = platformAction(create);
    console.log = () => undefined;
    for (const params of [undefined, null, 'text', 7, [], { __ow_query: '' }]) {
      const { statusCode } = await action(params as unknown as WebActionParams);
      expect(statusCode).to.equal(200);
    }
    console.log = write;
  });
});
