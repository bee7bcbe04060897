import { expect } from 'chai';

import { StoreUnavailableError } from '../../../lib/store/errors.js';
import { OpenCalls } from '../../../lib/store/remote/open-calls.js';

describe('the calls of a store that are under way', () => {
  it('end before what they use is closed, once, and none begins after that', async () => {
    const calls = new OpenCalls();
    calls.begin();
    calls.begin();
    const done: string[] = [];
    const closed = calls.close(() => done.push('closed'));
    const again = calls.close(() => done.push('closed again'));
    expect(() => {
      calls.begin();
    }).to.throw(StoreUnavailableError);
    for (const call of ['first', 'second']) {
      await new Promise(setImmediate);
      done.push(call);
      calls.end();
    }
    await Promise.all([closed, again]);
    expect(done).to.deep.equal(['first', 'second', 'closed']);
  });

  it('need not be waited for if there are none', async () => {
    let isClosed = false;
    await new OpenCalls().close(() => (isClosed = true));
    expect(isClosed).to.equal(true);
  });
});
