import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';

import { healthOf } from '../../lib/cli/ask/health.js';
import { freePort } from '../support/free-port.js';

describe('the health of a tracker, asked for', () => {
  let server: Server | undefined;

  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    if (server !== undefined) await once(server, 'close');
    server = undefined;
  });

  async function serve(answer: RequestListener): Promise<URL> {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`);
  }

  it('is good if /health is 200', async () => {
    const url = await serve((request, response) => {
      response.writeHead(request.url === '/health' ? 200 : 404).end('ok\n');
    });
    const { isWell, line } = await healthOf(url, 10_000);
    expect([isWell, line]).to.deep.equal([true, `${url.origin}/health: 200 ok`]);
  });

  it('is bad if it is another status, and shows what the tracker says', async () => {
    const url = await serve((_, response) => response.writeHead(503).end('unavailable'));
    expect(await healthOf(url, 10_000)).to.deep.include({ isWell: false });
    expect((await healthOf(url, 10_000)).line).to.match(/: 503 unavailable$/);
  });

  it('is bad if nobody is there, or nothing comes in time', async () => {
    const gone = await healthOf(new URL(`http://127.0.0.1:${await freePort()}`), 10_000);
    expect(gone.isWell).to.equal(false);
    expect(gone.line).to.contain('ECONNREFUSED');
    const silent = await serve(() => undefined);
    expect((await healthOf(silent, 200)).isWell).to.equal(false);
  });

  it('is asked on ports that browsers refuse, too', async () => {
    expect((await healthOf(new URL('http://127.0.0.1:1'), 10_000)).line).to.contain('ECONNREFUSED');
  });
});
