import { expect } from 'chai';

import { NodeConnection } from '../../../lib/store/riak/node-connection.js';
import { freePort } from '../../support/free-port.js';
import { giveTwoAddresses } from '../../support/two-addresses.js';

describe('NodeConnection', () => {
  it('says of each address of its host why it could not connect', async () => {
    const names = giveTwoAddresses('riak-1.test');
    try {
      const address = { host: 'riak-1.test', port: await freePort() };
      const failure = await new Promise<Error>((resolve, reject) => {
        const unexpected = (): void => {
          reject(new Error('it connected'));
        };
        const connection = new NodeConnection(
          { address, timeoutMs: 1000, probe: false },
          { opened: unexpected, failed: resolve, lost: unexpected },
        );
        connection.connect();
      });
      expect(failure.message)
        .to.include(`no connection to riak-1.test:${address.port}: `)
        .and.include(`connect ECONNREFUSED 127.0.0.1:${address.port}; connect `);
    } finally {
      names.restore();
    }
  });
});
