import { expect } from 'chai';

import { getOnce } from '../../../lib/deployment/get-once.mjs';
import { freePort } from '../../support/free-port.js';
import { rejectionOf } from '../../support/rejection.js';
import { giveTwoAddresses } from '../../support/two-addresses.js';

describe('one GET', () => {
  it('says why nothing answers', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`;
    expect(await rejectionOf(getOnce(`${origin}/announce`, {})))
      .to.have.property('message')
      .that.includes(`no answer from ${origin}: connect ECONNREFUSED 127.0.0.1:`);
  });

  it('says of each address of a host why nothing answers', async () => {
    const names = giveTwoAddresses('gateway.test');
    try {
      const origin = `http://gateway.test:${await freePort()}`;
      expect(await rejectionOf(getOnce(`${origin}/announce`, {})))
        .to.have.property('message')
        .that.includes(`no answer from ${origin}: connect ECONNREFUSED 127.0.0.1:`)
        .and.matches(/; connect E/);
    } finally {
      names.restore();
    }
  });
});
