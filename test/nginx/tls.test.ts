import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { Cleanup } from '../support/cleanup.js';
import { freePort } from '../support/free-port.js';
import { describeWith, installed } from '../support/programs.js';
import { makeTempDir, removeTempDir } from '../support/temp-dir.js';
import { ask, failureOf } from './support/ask.js';
import { makeCertificate, type CertificateFiles } from './support/certificate.js';
import { startGateway, type Gateway } from './support/gateway.js';
import { ScriptedPlatform, trackerReply } from './support/scripted-platform.js';

describeWith([installed('nginx'), installed('openssl')], 'The gateway and TLS', () => {
  const atEnd = new Cleanup();
  let directory: string;

  beforeEach(async () => {
    directory = await makeTempDir();
    atEnd.add(() => removeTempDir(directory));
  });

  afterEach(() => atEnd.run());

  describe('to clients, as in acme.conf.example and tls.conf.example', () => {
    let platform: ScriptedPlatform;
    let gateway: Gateway;
    let port: number;
    let ca: Buffer;
    const target = '/announce?info_hash=%00%FF%c3|"<a>`&peer_id=[b]';
    const challenge = '/.well-known/acme-challenge/token';

    beforeEach(async () => {
      platform = await ScriptedPlatform.start();
      atEnd.add(() => platform.stop());
    });

    async function start(include: string): Promise<void> {
      gateway = await startGateway(platform.port, { include });
      atEnd.add(() => gateway.dispose());
    }

    async function acmeConf(): Promise<string> {
      await mkdir(`${directory}/acme/.well-known/acme-challenge`, { recursive: true });
      await writeFile(`${directory}/acme${challenge}`, 'answer');
      return (await exampleOf('acme')).replace('/var/www/acme;', `${directory}/acme;`);
    }

    async function tlsConf({ certificate, key }: CertificateFiles): Promise<string> {
      return (await exampleOf('tls'))
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace('listen [::]:443', `listen 127.0.0.2:${port}`)
        .replace(/\S+fullchain\.pem/, certificate)
        .replace(/\S+privkey\.pem/, key);
    }

    describe('before there is a certificate', () => {
      it("starts with acme.conf alone, and answers an ACME client's challenge", async () => {
        await start(await acmeConf());
        const reply = await ask(gateway.port, challenge);
        expect([reply.status, reply.body]).to.deep.equal([200, 'answer']);
        expect((await ask(gateway.port, target)).body).to.equal('d8:completei1ee');
      });

      it('does not start with tls.conf', async () => {
        port = await freePort();
        const missing = { certificate: `${directory}/fullchain.pem`, key: `${directory}/privkey.pem` };
        const conf = (await acmeConf()) + (await tlsConf(missing));
        const error = await start(conf).catch((thrown: unknown) => thrown);
        expect(error).to.be.an('error').with.property('message').that.contains('cannot load certificate');
      });
    });

    describe('with one', () => {
      beforeEach(async () => {
        port = await freePort();
        const files = makeCertificate(directory, 'tracker.example');
        ca = await readFile(files.certificate);
        await start((await acmeConf()) + (await tlsConf(files)));
      });

      it('carries the request line of HTTP/2 byte for byte', async () => {
        const session = connect(`https://127.0.0.1:${port}`, { ca, servername: 'tracker.example' });
        try {
          const request = session.request({ ':path': target, 'x-real-ip': '198.51.100.1' });
          const body = await buffer(request);
          expect(body.toString()).to.equal('d8:completei1ee');
        } finally {
          session.close();
          await once(session, 'close');
        }
        expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
        expect(platform.last.headers.get('x-real-ip')).to.deep.equal(['127.0.0.1']);
      });

      it('takes HTTP/1.1 there, and still without TLS', async () => {
        const options = {
          host: '127.0.0.1',
          port,
          ca,
          servername: 'tracker.example',
          path: target,
          agent: false,
        };
        const [reply] = (await once(get(options), 'response')) as [NodeJS.ReadableStream];
        expect((await buffer(reply)).toString()).to.equal('d8:completei1ee');
        expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
        expect((await ask(gateway.port, target)).body).to.equal('d8:completei1ee');
      });

      it("answers an ACME client's challenge", async () => {
        const reply = await ask(gateway.port, '/.well-known/acme-challenge/token');
        expect([reply.status, reply.body]).to.deep.equal([200, 'answer']);
      });
    });
  });

  describe('to OpenWhisk', () => {
    async function startPlatform({ certificate, key }: CertificateFiles): Promise<number> {
      const server = createServer(
        { cert: await readFile(certificate), key: await readFile(key) },
        trackerReply('de'),
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      atEnd.add(() => {
        server.close();
        server.closeAllConnections();
        return once(server, 'close');
      });
      return (server.address() as AddressInfo).port;
    }

    async function start(port: number, settings: Readonly<Record<string, string>>): Promise<Gateway> {
      const gateway = await startGateway(port, { settings: { OPENWHISK_SCHEME: 'https', ...settings } });
      atEnd.add(() => gateway.dispose());
      return gateway;
    }

    it('is trusted with a certificate for its name by a known authority', async () => {
      const files = makeCertificate(directory, 'openwhisk.example');
      const gateway = await start(await startPlatform(files), { OPENWHISK_CA: files.certificate });
      expect((await ask(gateway.port, '/announce?a')).body).to.equal('de');
    });

    it('gets no request, so no secret, with a certificate for another name or by an unknown authority', async () => {
      const other = makeCertificate(directory, 'other.example');
      const own = makeCertificate(directory, 'openwhisk.example');
      const wrongName = await start(await startPlatform(other), { OPENWHISK_CA: other.certificate });
      const unknown = await start(await startPlatform(own), { OPENWHISK_CA: other.certificate });
      for (const { port } of [wrongName, unknown]) {
        expect(failureOf(await ask(port, '/announce?a'))['failure reason']).to.match(/^the tracker is busy/);
      }
    });

    it('is trusted with any certificate if nothing is to be verified', async () => {
      const other = makeCertificate(directory, 'other.example');
      const gateway = await start(await startPlatform(other), {
        OPENWHISK_VERIFY: 'off',
        OPENWHISK_CA: other.certificate,
      });
      expect((await ask(gateway.port, '/announce?a')).body).to.equal('de');
    });
  });
});

/** The text of an example of what goes into the include directory. */
function exampleOf(name: string): Promise<string> {
  return readFile(new URL(`../../deploy/nginx/tracker.d/${name}.conf.example`, import.meta.url), 'utf8');
}
