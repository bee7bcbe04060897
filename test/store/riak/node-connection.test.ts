import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { expect } from 'chai';

import { ConnectionLostError, ProtocolError } from '../../../lib/store/riak/failures.js';
import { nodeName } from '../../../lib/store/riak/inspection.js';
import { NodeConnection, type Outcome } from '../../../lib/store/riak/node-connection.js';
import { encodeFrame } from '../../riak-double/framing.js';
import { Code } from '../../riak-double/messages.js';
import { freePort } from '../../support/free-port.js';
import { giveTwoAddresses } from '../../support/two-addresses.js';

const timeoutMs = 1000;

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
          { address, timeoutMs, probe: false },
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

  it('is lost for a command that comes when it was closed since it opened', async () => {
    const pong = encodeFrame(Code.pingAnswer, Buffer.alloc(0));
    const server = createServer((socket) => {
      // The second answer, which nobody asked for, comes in the same packet.
      socket.on('data', () => socket.write(Buffer.concat([pong, pong])));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const outcome = new Promise<Outcome<string>>((resolve, reject) => {
      const connection = new NodeConnection(
        { address: { host: '127.0.0.1', port }, timeoutMs, probe: true },
        {
          opened: () => {
            // A call that waits is given it by a promise.
            void Promise.resolve()
              .then(() => {
                connection.run(nodeName(), resolve);
              })
              .catch(reject);
          },
          failed: reject,
          lost: () => undefined,
        },
      );
      connection.connect();
    });
    try {
      expect(await outcome)
        .to.have.property('failure')
        .that.is.instanceOf(ConnectionLostError)
        .with.property('cause')
        .that.is.instanceOf(ProtocolError);
    } finally {
      server.close();
    }
  });
});
