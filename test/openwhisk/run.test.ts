import { expect } from 'chai';

import { runIdsOf } from '../../lib/openwhisk/run.js';

describe('the ids of a run', () => {
  it('are the activation id that the platform has just set and the request id of the gateway', () => {
    const environment = { __OW_ACTIVATION_ID: 'a1b2', __OW_TRANSACTION_ID: 'other' };
    const params = { __ow_headers: { 'x-request-id': 'r-1' } };
    expect(runIdsOf(params, environment)).to.deep.equal({ activationId: 'a1b2', requestId: 'r-1' });
  });

  it('are left out where there are none, or what is there is no id', () => {
    const bad = ['', 'a b', 'a\n', '{"a":1}', 'a'.repeat(65), 7, null, ['a']];
    for (const id of bad) {
      expect(runIdsOf({ __ow_headers: { 'x-request-id': id } }, {}), JSON.stringify(id)).to.deep.equal({});
    }
    for (const params of [undefined, null, 7, 'a', {}, { __ow_headers: null }, { __ow_headers: 'a' }]) {
      expect(runIdsOf(params, { __OW_ACTIVATION_ID: 'a b' })).to.deep.equal({});
    }
  });
});
