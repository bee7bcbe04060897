import { expect } from 'chai';
import fc from 'fast-check';
import { freePort } from '../support/free-port.js';
import { describeWith, installed, ipv6Loopback } from '../support/programs.js';
import { ask, failureOf, parseReply } from './support/ask.js';
import { exchange, openConnection } from '../support/raw-http.js';
import { eventually } from '../support/eventually.js';
import { secret, startGateway, type Gateway } from './support/gateway.js';
import { ScriptedPlatform, trackerReply } from './support/scripted-platform.js';

/** Everything that may stand in a request line, and some that should not. */
const visibleAscii = Array.from({ length: 0x7e - 0x21 + 1 }, (_, i) => String.fromCharCode(0x21 + i));

describeWith([installed('nginx')], 'The gateway and what clients ask', () => {
  let platform: ScriptedPlatform;
  let gateway: Gateway;

  before(async () => {
    platform = await ScriptedPlatform.start();
    gateway = await startGateway(platform.port);
  });

  beforeEach(() => {
    platform.requests.length = 0;
    platform.answerWith(trackerReply('d8:completei1ee'));
  });

  after(async () => {
    await gateway.dispose();
    await platform.stop();
  });

  describe('the request to the platform', () => {
    it('goes to the web action, without a query', async () => {
      await ask(gateway.port, '/announce?info_hash=a&port=1');
      expect(platform.last.method).to.equal('GET');
      expect(platform.last.target).to.equal('/api/v1/web/guest/tracker/announce.http');
      await ask(gateway.port, '/scrape?info_hash=a');
      expect(platform.last.target).to.equal('/api/v1/web/guest/tracker/scrape.http');
    });

    it('goes on with the key of a member in the announce URL, to the same web actions', async () => {
      for (const action of ['announce', 'scrape']) {
        for (const key of ['0123abcd'.repeat(4), 'a', 'A-b_c.d~e', 'k'.repeat(128)]) {
          const target = `/${key}/${action}?info_hash=%ff`;
          expect((await ask(gateway.port, target)).body, target).to.equal('d8:completei1ee');
          expect(platform.last.target).to.equal(`/api/v1/web/guest/tracker/${action}.http`);
          expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
        }
      }
      const asked = platform.requests.length;
      for (const target of [
        `/${'k'.repeat(129)}/announce`,
        '/a/b/announce',
        '//announce',
        '/a%2Fannounce',
        '/%61/announce',
        '/a/announce/',
        '/a/health',
        '/./announce',
      ]) {
        expect((await ask(gateway.port, target)).status, target).to.equal(404);
      }
      expect(platform.requests).to.have.length(asked);
    });

    it('has the headers that the gateway sets, and no others', async () => {
      await ask(gateway.port, '/announce?info_hash=a', {
        headers: [
          'Cookie: a=b',
          'Authorization: Basic QQ==',
          'User-Agent: client',
          'X-Other: 1',
          'Accept: */*',
        ],
      });
      const { 'x-request-id': ids, ...others } = Object.fromEntries(platform.last.headers);
      expect(others).to.deep.equal({
        host: ['openwhisk.example'],
        'x-original-uri': ['/announce?info_hash=a'],
        'x-real-ip': ['127.0.0.1'],
        'x-require-whisk-auth': [secret],
      });
      expect(ids).to.have.length(1);
    });

    it('carries every byte of an escaped infohash as the client wrote it', async () => {
      for (let byte = 0; byte < 256; byte++) {
        const digits = byte.toString(16).padStart(2, '0');
        for (const escaped of new Set([`%${digits}`, `%${digits.toUpperCase()}`])) {
          const target = `/announce?info_hash=${escaped.repeat(20)}`;
          await ask(gateway.port, target);
          expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
        }
      }
      expect(platform.requests).to.have.length.above(256);
    });

    it('carries any visible ASCII of a query, bad escapes included', async () => {
      const query = fc.string({ unit: fc.constantFrom(...visibleAscii), maxLength: 300 });
      await fc.assert(
        fc.asyncProperty(query, async (text) => {
          const target = `/announce?${text}`;
          await ask(gateway.port, target);
          expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
        }),
        { numRuns: 100 },
      );
    });

    it('carries a request line as long as it may be', async () => {
      const target = `/scrape?${'a'.repeat(8192 - 'GET /scrape? HTTP/1.1\r\n'.length)}`;
      await ask(gateway.port, target);
      expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
    });

    it('carries an empty query, and none', async () => {
      for (const target of ['/announce', '/announce?', '/announce??', '/announce?a=b?c=d#e']) {
        await ask(gateway.port, target);
        expect(platform.last.headers.get('x-original-uri')).to.deep.equal([target]);
      }
    });

    it('drops what a client forges', async () => {
      const target = '/announce?info_hash=mine';
      await ask(gateway.port, target, {
        headers: [
          'X-Original-URI: /announce?info_hash=forged',
          'x-original-uri: /announce?info_hash=forged',
          'X_Original_URI: /announce?info_hash=forged',
          'X-Real-IP: 198.51.100.1',
          'X-Forwarded-For: 198.51.100.1',
          'Forwarded: for=198.51.100.1',
          'X-Require-Whisk-Auth: guess',
          'X-Accel-Redirect: @healthy',
          'X-Request-ID: forged',
        ],
      });
      const { 'x-request-id': ids, ...others } = Object.fromEntries(platform.last.headers);
      expect(others).to.deep.equal({
        host: ['openwhisk.example'],
        'x-original-uri': [target],
        'x-real-ip': ['127.0.0.1'],
        'x-require-whisk-auth': [secret],
      });
      expect(ids).to.have.length(1).and.not.include('forged');
    });

    it('has an id that nginx has made, another one each time, whatever the client says', async () => {
      for (let i = 0; i < 10; i++) {
        await ask(gateway.port, '/announce?a', { headers: ['X-Request-ID: mine'] });
        await ask(gateway.port, '/health', { headers: ['X-Request-ID: mine'] });
      }
      const ids = platform.requests.map(({ headers }) => headers.get('x-request-id')?.join() ?? '');
      expect(new Set(ids).size).to.equal(20);
      for (const id of ids) expect(id).to.match(/^[0-9a-f]{32}$/);
    });

    it('takes the path from a request line in absolute form', async () => {
      await ask(gateway.port, 'http://tracker.example/announce?info_hash=a');
      expect(platform.last.headers.get('x-original-uri')).to.deep.equal(['/announce?info_hash=a']);
    });

    it('uses the same connection again, even for clients that do not', async () => {
      for (let i = 0; i < 20; i++) await ask(gateway.port, `/announce?i=${i}`);
      expect(new Set(platform.requests.map(({ socket }) => socket)).size).to.equal(1);
    });

    it('is sent again when the kept connection has just been closed', async () => {
      await ask(gateway.port, '/announce?i=0');
      platform.answerWith((request, reply) => {
        platform.answerWith(trackerReply('de'));
        reply.destroy();
        request.socket.destroy();
      });
      expect((await ask(gateway.port, '/announce?i=1')).body).to.equal('de');
    });
  });

  describe('what is refused', () => {
    afterEach(() => {
      expect(platform.requests).to.have.length(0);
    });

    it('is every other path', async () => {
      const others = [
        '/stats',
        '/metrics',
        '/index.html',
        '/stats.json/',
        '/announce/',
        '/announce/x',
        '/announce.php',
        '/ANNOUNCE',
        '//announce',
        '/x/../announce',
      ];
      const ways = [
        '/%61nnounce?info_hash=a',
        '/%73tats.json',
        '/x/..',
        '/announce%3Fa',
        '/api/v1/web/guest/tracker/announce.http',
        '/api/v1/namespaces',
        '/@healthy',
      ];
      for (const target of [...others, ...ways]) {
        expect((await ask(gateway.port, target)).status, target).to.equal(404);
      }
    });

    it('is every method but GET and HEAD', async () => {
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'NONSENSE']) {
        const reply = await ask(gateway.port, '/announce?info_hash=a', { method });
        expect(reply.status, method).to.equal(405);
        expect(reply.headers.get('allow')).to.equal('GET, HEAD');
        expect(reply.body).to.equal('method not allowed\n');
      }
    });

    it('is a request with a body, in either framing', async () => {
      const framings = [
        { headers: ['Content-Length: 3'], body: 'abc' },
        { headers: ['Transfer-Encoding: chunked'], body: '3\r\nabc\r\n0\r\n\r\n' },
      ];
      for (const framing of framings) {
        expect((await ask(gateway.port, '/announce?a=b', framing)).status).to.equal(413);
      }
    });

    it('is every raw byte that is not ASCII, with a failure that a client can read', async () => {
      for (let byte = 0x80; byte < 0x100; byte++) {
        const reply = await ask(gateway.port, `/announce?info_hash=${String.fromCharCode(byte).repeat(20)}`);
        expect(failureOf(reply)).to.deep.equal({
          'failure reason': 'bytes of the request line must be escaped',
          'retry in': 'never',
        });
      }
    });

    it('is a control character', async () => {
      for (const byte of [0x00, 0x01, 0x09, 0x1f, 0x20, 0x7f]) {
        const reply = await ask(gateway.port, `/announce?info_hash=a${String.fromCharCode(byte)}b`);
        expect(reply.status, `byte ${byte}`).to.equal(400);
      }
    });

    it('is a request line that would not fit into a header, with a failure that a client can read', async () => {
      for (const length of [8193, 9000, 20_000]) {
        const reply = await ask(
          gateway.port,
          `/scrape?${'a'.repeat(length - 'GET /scrape? HTTP/1.1\r\n'.length)}`,
        );
        expect(failureOf(reply)).to.deep.equal({
          'failure reason': 'the request is too long, ask for fewer infohashes at once',
          'retry in': 'never',
        });
      }
    });

    it('is joining a swarm by HEAD, which answers nothing', async () => {
      for (const target of ['/announce?info_hash=a', '/scrape?info_hash=a']) {
        const reply = await ask(gateway.port, target, { method: 'HEAD' });
        expect(reply.status).to.equal(200);
        expect(reply.body).to.equal('');
      }
    });
  });

  describeWith([ipv6Loopback], 'from IPv6', () => {
    it('goes on with the IPv6 address', async () => {
      const port = await freePort();
      const both = await startGateway(platform.port, { settings: { LISTEN_IPV6: `[::1]:${port}` } });
      try {
        const reply = await fetch(`http://[::1]:${port}/announce?a`);
        expect(await reply.text()).to.equal('d8:completei1ee');
        expect(platform.last.headers.get('x-real-ip')).to.deep.equal(['::1']);
      } finally {
        await both.dispose();
      }
    });
  });

  it('takes a body of no length for none', async () => {
    const reply = await ask(gateway.port, '/announce?a=b', { headers: ['Content-Length: 0'] });
    expect(reply.status).to.equal(200);
    expect(reply.body).to.equal('d8:completei1ee');
  });

  it('answers HTTP/1.0 with a length, even to a reply in chunks', async () => {
    platform.answerWith((_request, reply) => {
      reply.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      reply.write('d8:complete');
      reply.end('i1ee');
    });
    const text = await exchange(gateway.port, 'GET /announce?a HTTP/1.0\r\n\r\n');
    expect(parseReply(text).body).to.equal('d8:completei1ee');
    expect(parseReply(text).headers.get('transfer-encoding')).to.equal(undefined);
    expect((await ask(gateway.port, '/announce?a')).headers.get('transfer-encoding')).to.equal(undefined);
  });

  it('answers many requests on one connection', async () => {
    const socket = await openConnection(gateway.port);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.write('GET /announce?a HTTP/1.1\r\nHost: t\r\n\r\n'.repeat(5));
    await eventually(
      'five replies',
      5000,
      () => text.split('d8:completei1ee').length === 6,
      () => text,
    );
    socket.destroy();
  });
});
