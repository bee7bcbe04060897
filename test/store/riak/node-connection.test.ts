import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { expect } from 'chai';

import { ConnectionLostError, ProtocolError } from '../../../lib/store/remote/failures.js';
import { nodeName } from '../../../lib/store/riak/inspection.js';
import { NodeConnection, type Outcome } from '../../../lib/store/riak/node-connection.js';
import { encodeFrame } from '../../riak-double/framing.js';
import { Code, serverInfoAnswer } from '../../riak-double/messages.js';
import { freePort } from '../../support/free-port.js';
import { giveTwoAddresses } from '../../support/two-addresses.js';

const timeoutMs = 1000;
const pong = encodeFrame(Code.pingAnswer, Buffer.alloc(0));
const info = encodeFrame(Code.serverInfoAnswer, serverInfoAnswer.encode({ node: Buffer.from('node') }));

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
          { address, timeoutMs, loginTimeoutMs: timeoutMs, probe: false },
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

  describe('to a node that says too much', () => {
    let server: Server;
    /** What the node sends, all at once, for whatever it is asked. */
    let said: Buffer;

    beforeEach(async () => {
      server = createServer((socket) => {
        socket.on('data', () => socket.write(said));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });

    afterEach(() => {
      server.close();
    });

    /** What becomes of a command that is sent as soon as the connection is open. */
    function outcome(probe: boolean): Promise<Outcome<string>> {
      const { port } = server.address() as AddressInfo;
      return new Promise((resolve, reject) => {
        const connection = new NodeConnection(
          { address: { host: '127.0.0.1', port }, timeoutMs, loginTimeoutMs: timeoutMs, probe },
          {
            opened: () => {
              // A call that waits is given it by a promise.
              void Promise.resolve()
                .then(() => {
                  connection.run(nodeName(), (result) => {
                    connection.end(new Error('done'));
                    resolve(result);
                  });
                })
                .catch(reject);
            },
            failed: reject,
            lost: () => undefined,
          },
        );
        connection.connect();
      });
    }

    it('is lost for a command that comes when it was closed since it opened', async () => {
      said = Buffer.concat([pong, pong]);
      expect(await outcome(true))
        .to.have.property('failure')
        .that.is.instanceOf(ConnectionLostError)
        .with.property('cause')
        .that.is.instanceOf(ProtocolError);
    });

    it('takes no answer that is followed by a second one, or by the beginning of one', async () => {
      for (const more of [info, info.subarray(0, 3)]) {
        said = Buffer.concat([info, more]);
        expect(await outcome(false))
          .to.have.property('failure')
          .that.is.instanceOf(ProtocolError);
      }
      said = info;
      expect(await outcome(false)).to.deep.equal({ result: 'node' });
    });
  });
});
