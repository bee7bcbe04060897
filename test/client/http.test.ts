import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';

import { fetchReply } from '../../lib/client/http.js';
import { TrackerError } from '../../lib/client/tracker-error.js';
import { freePort } from '../support/free-port.js';
import { rejectionOf } from '../support/rejection.js';

const REPLY = 'd8:intervali60ee';
const options = { timeoutMs: 20_000, family: 0 } as const;

describe('a request to a tracker over HTTP', () => {
  let server: Server;

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function serve(answer: RequestListener): Promise<URL> {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/announce?info_hash=%00%ff`);
  }

  async function failureOf(url: URL, timeoutMs = 20_000): Promise<TrackerError> {
    const error = await rejectionOf(fetchReply(url, { timeoutMs, family: 0 }));
    if (!(error instanceof TrackerError)) throw error;
    return error;
  }

  it('leaves the escaped bytes as they are, and gives the body', async () => {
    let target = '';
    const url = await serve((request, response) => {
      target = request.url ?? '';
      response.end(REPLY);
    });
    expect((await fetchReply(url, options)).toString()).to.equal(REPLY);
    expect(target).to.equal('/announce?info_hash=%00%ff');
  });

  it('takes a bencoded reply of any status, as some trackers refuse with 400', async () => {
    const url = await serve((_, response) => response.writeHead(400).end(REPLY));
    expect((await fetchReply(url, options)).toString()).to.equal(REPLY);
  });

  it('names the status of what is no reply', async () => {
    const url = await serve((_, response) => response.writeHead(404).end('<h1>Not found</h1>'));
    expect(await failureOf(url)).to.include({ kind: 'malformed', message: 'HTTP status 404' });
  });

  it('unpacks gzip, which some trackers send unasked', async () => {
    const url = await serve((_, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(gzipSync(REPLY));
    });
    expect((await fetchReply(url, options)).toString()).to.equal(REPLY);
  });

  it('holds no more than 4 MiB, packed or not', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const packed = await serve((_, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(bomb);
    });
    expect((await failureOf(packed)).kind).to.equal('malformed');
    server.close();
    const endless = await serve((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536, 'd')));
      };
      response.on('drain', more);
      more();
    });
    expect((await failureOf(endless)).message).to.contain('more than');
  });

  it('follows redirections, but not in a circle nor to anything but web addresses', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/there') response.end(REPLY);
      else if (request.url === '/circle') response.writeHead(302, { Location: '/circle' }).end();
      else if (request.url === '/file') response.writeHead(302, { Location: 'file:///etc/passwd' }).end();
      else response.writeHead(301, { Location: '/there' }).end();
    });
    expect((await fetchReply(url, options)).toString()).to.equal(REPLY);
    expect((await failureOf(new URL('/circle', url))).message).to.contain('redirections');
    expect((await failureOf(new URL('/file', url))).message).to.contain('no web address');
  });

  for (const [what, answer] of [
    ['no head', () => undefined],
    ['no end', (_, response) => response.write('d')],
  ] as [string, RequestListener][]) {
    it(`gives up on a reply with ${what} when the time is over`, async () => {
      const url = await serve(answer);
      const startMs = performance.now();
      expect(await failureOf(url, 300)).to.include({ kind: 'unreachable', message: 'no reply within 0.3 s' });
      expect(performance.now() - startMs).to.be.below(10_000);
    });
  }

  it('says that nobody is there', async () => {
    await serve(() => undefined);
    const error = await failureOf(new URL(`http://127.0.0.1:${await freePort()}/announce`));
    expect(error.kind).to.equal('unreachable');
    expect(error.message).to.contain('ECONNREFUSED');
  });
});
