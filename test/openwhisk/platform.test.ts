import { expect } from 'chai';

import { platformAction } from '../../lib/openwhisk/platform.js';
import { webActionResult, type WebAction, type WebActionParams } from '../../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { Reply } from '../tracker/tracker-site.js';

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

  it('is made of the parameters of its first run, once', async () => {
    const action = platformAction(create);
    expect(made).to.deep.equal([]);
    await action({ ...PARAMETERS, NUMWANT_MAX: 77 });
    await action({ ...PARAMETERS, NUMWANT_MAX: 99 });
    expect(made.map(({ config }) => config.numwantMax)).to.deep.equal([77]);
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
