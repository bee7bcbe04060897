import { expect } from 'chai';

import { platformAction } from '../../lib/openwhisk/platform.js';
import { webActionResult, type WebAction } from '../../lib/openwhisk/web-action.js';
import type { TrackerComponents } from '../../lib/tracker/components.js';
import { Reply } from '../tracker/tracker-site.js';

/** Nobody listens there; a store does not connect before it is called. */
const PARAMETERS = { STORE: 'riak', RIAK_NODES: '127.0.0.1:9', LOG_LEVEL: 'silent' };

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
    for (const parameters of [{}, { STORE: 'lmdb' }, { ...PARAMETERS, NUMWANT_MAX: 'many' }]) {
      console.log = (line: string) => written.push(line);
      const { body } = await action(parameters);
      console.log = write;
      const reply = new Reply(Buffer.from(body, 'base64'));
      expect(reply.text('failure reason')).to.equal('internal error');
      expect(reply.get('retry in')).to.equal(5);
    }
    const names = written.map((line) => (JSON.parse(line) as { cause: { name: string } }).cause.name);
    expect(names).to.deep.equal(['ConfigError', 'ConfigError', 'ConfigError']);
    expect(made).to.deep.equal([]);
    expect(await action(PARAMETERS)).to.deep.equal(webActionResult(Buffer.from('de')));
  });
});
