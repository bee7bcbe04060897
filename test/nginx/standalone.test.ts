import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { Cleanup } from '../support/cleanup.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/programs.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { startTracker, type TrackerProcess } from '../support/tracker-process.js';
import { announceOf, queryOf, Reply } from '../tracker/tracker-harness.js';
import { ask, failureOf } from './support/ask.js';
import { makeCertificate } from './support/certificate.js';
import { startNginx } from './support/nginx.js';

/**
 * Bytes that are no UTF-8, and those that a decoded request line could not hold: NUL, space, #, %,
 * &, +, / and ?.
 */
const infohash = Buffer.from('ff00c3202325262b2f3f0a0de2808e61fe5c7c7f', 'hex');

/** nginx comes to the tracker from 127.0.0.1, which is trusted; clients come to nginx from here. */
/** A CDN's, before nginx, as a client on loopback has no address that others could use. */
const cdnAddress = '127.0.0.9';
const clientAddress = '203.0.113.9';

describe('The standalone process behind nginx', function () {
  this.timeout(90_000);

  describeWith([installed('nginx'), installed('openssl')], 'as docs/operating.md has it', () => {
    const atEnd = new Cleanup();
    let directory: string;
    let tracker: TrackerProcess;
    let port: number;
    let tlsPort: number;
    let ca: Buffer;

    beforeEach(async () => {
      directory = await makeTempDir();
      atEnd.add(() => removeTempDir(directory));
      tracker = await startTracker({ HOST: '127.0.0.1', TRUSTED_PROXIES: '127.0.0.1' });
      atEnd.add(() => tracker.dispose());
      port = await freePort();
      tlsPort = await freePort();
    });

    afterEach(() => atEnd.run());

    /** The document's configuration with the addresses and files of this test. */
    async function configuration(): Promise<string> {
      const { certificate, key } = makeCertificate(directory, 'tracker.example.org');
      ca = await readFile(certificate);
      const { server, behindCdn } = await examplesInDocument();
      const realIp = replaced(behindCdn, { '192.0.2.0/24': cdnAddress });
      return replaced(server, {
        'server {': `server {\n${realIp}`,
        'listen 80;': `listen 127.0.0.1:${port};`,
        'listen [::]:80;': `listen 127.0.0.2:${port};`,
        'listen 443 ': `listen 127.0.0.1:${tlsPort} `,
        'listen [::]:443 ': `listen 127.0.0.2:${tlsPort} `,
        '/etc/letsencrypt/live/tracker.example.org/fullchain.pem': certificate,
        '/etc/letsencrypt/live/tracker.example.org/privkey.pem': key,
        '/var/log/nginx/error.log': `${directory}/error.log`,
        '/var/www/acme': `${directory}/acme`,
        '127.0.0.1:6969': `127.0.0.1:${tracker.port}`,
      });
    }

    async function start(text: string): Promise<void> {
      const program = await startNginx(directory, text, port);
      atEnd.add(() => program.stop());
    }

    function targetOf(client: number, changes: Readonly<Record<string, string | number>> = {}): string {
      return `/announce?${announceOf(client, { info_hash: infohash, port: 6880 + client, compact: 1, ...changes })}`;
    }

    async function announce(scheme: 'http' | 'https', target: string): Promise<Reply> {
      const options = {
        host: '127.0.0.1',
        path: target,
        localAddress: cdnAddress,
        // What stands before the CDN's own entry is the client's claim.
        headers: { 'X-Forwarded-For': `198.51.100.7, ${clientAddress}` },
        agent: false,
      };
      const request =
        scheme === 'http'
          ? get({ ...options, port })
          : getSecurely({ ...options, port: tlsPort, ca, servername: 'tracker.example.org' });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect([response.statusCode, response.headers['content-type']]).to.deep.equal([200, 'text/plain']);
      return new Reply(await buffer(response));
    }

    it('takes announces with a binary infohash, with and without TLS, from the address of the client', async () => {
      const trusting = replaced(await configuration(), {
        'X-Forwarded-For $proxy_add_x_forwarded_for': 'X-Forwarded-For $remote_addr',
      });
      await start(trusting);
      const first = await announce('http', targetOf(1, { left: 0 }));
      expect(first.get('external ip')).to.deep.equal(Buffer.from([203, 0, 113, 9]));
      const second = await announce('https', targetOf(2));
      expect(second.get('external ip')).to.deep.equal(Buffer.from([203, 0, 113, 9]));
      expect(second.compactPeers()).to.deep.equal([`${clientAddress}:6881`]);

      // Past nginx, so that nothing of it can be in both directions.
      const scrape = await ask(tracker.port, `/scrape?${queryOf({ info_hash: infohash })}`);
      const files = new Reply(Buffer.from(scrape.body, 'latin1')).dictionary('files');
      expect([...files.keys()]).to.deep.equal([infohash.toString('hex')]);
      const swarm = new Reply(files.get(infohash.toString('hex'))).numbers();
      expect(swarm).to.include({ complete: 1, incomplete: 1 });
    });

    it('passes the request line on as it came', async () => {
      await start(await configuration());
      for (const target of ['/%61nnounce', '//announce', '/x/../announce', '/announce?', '/announce?%']) {
        const [through, direct] = [await ask(port, target), await ask(tracker.port, target)];
        expect([through.status, through.body], target).to.deep.equal([direct.status, direct.body]);
      }
    });

    it('answers a client that is too fast with a failure that it can read', async () => {
      const slow = replaced(await configuration(), { 'rate=50r/s': 'rate=1r/m', 'burst=2000': 'burst=2' });
      await start(slow);
      for (let i = 0; i < 3; i++) expect((await ask(port, targetOf(1))).body).to.contain('8:interval');
      const failure = { 'failure reason': 'too many requests from your address', 'retry in': 5 };
      expect(failureOf(await ask(port, targetOf(1)))).to.deep.equal(failure);
    });

    it('answers with a failure while the tracker is away, but for /health', async () => {
      await start(await configuration());
      expect((await ask(port, '/health')).status).to.equal(200);
      await tracker.stop();
      const failure = { 'failure reason': 'the tracker is busy, try again later', 'retry in': 5 };
      expect(failureOf(await ask(port, targetOf(1)))).to.deep.equal(failure);
      expect((await ask(port, '/health')).status).to.equal(502);
    });

    it("starts without the lines for TLS, and answers an ACME client's challenge", async () => {
      const challenge = '/.well-known/acme-challenge/token';
      await mkdir(`${directory}/acme/.well-known/acme-challenge`, { recursive: true });
      await writeFile(`${directory}/acme${challenge}`, 'answer');
      await start((await configuration()).replace(/^.*ssl.*\n/gm, ''));
      const reply = await ask(port, challenge);
      expect([reply.status, reply.body]).to.deep.equal([200, 'answer']);
      expect((await ask(port, targetOf(1))).body).to.contain('8:interval');
    });
  });
});

/** What docs/operating.md has its readers put into conf.d, and what into that behind a CDN. */
async function examplesInDocument(): Promise<{ server: string; behindCdn: string }> {
  const document = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const examples = Array.from(document.matchAll(/^```nginx\n([^]*?)^```$/gm), ([, text = '']) => text);
  const [server, behindCdn, ...others] = examples;
  if (server === undefined || behindCdn === undefined || others.length > 0)
    throw new Error('docs/operating.md: not two nginx examples');
  return { server, behindCdn };
}

/** @throws Error if a text to be replaced is not there: then it is not the document that is tested */
function replaced(configuration: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`docs/operating.md: no ${from}`);
    return text.replace(from, to);
  }, configuration);
}
