import { expect } from 'chai';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { trustedProxies } from '../../lib/standalone/client-address.js';
import { exchange, openConnection, readToEnd } from '../support/raw-http.js';
import { closeServers, connectRequest, request, result, serve, statusOf } from './support/server.js';

describe('the HTTP server', () => {
  afterEach(closeServers);

  describe('passes on', () => {
    it('an announce, byte for byte, as text/plain with a length', async () => {
      const subject = await serve();
      const reply = await exchange(subject.port, request('GET /announce?info_hash=%00%ff%zz+&a=1&a=2'));
      const body = 'announced /announce?info_hash=%00%ff%zz+&a=1&a=2';
      expect(statusOf(reply)).to.equal('HTTP/1.1 200 OK');
      expect(reply).to.contain('\r\nContent-Type: text/plain\r\n');
      expect(reply).to.contain(`\r\nContent-Length: ${body.length}\r\n`);
      expect(reply).not.to.match(/transfer-encoding/i);
      expect(reply.endsWith(`\r\n\r\n${body}`)).to.equal(true);
    });

    it('bytes of all values in a reply', async () => {
      const subject = await serve();
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
      subject.announce = () => Promise.resolve(result(all));
      const reply = await exchange(subject.port, request('GET /announce'));
      expect(reply.slice(reply.indexOf('\r\n\r\n') + 4)).to.equal(all);
    });

    it('a scrape to the scrape handler', async () => {
      const subject = await serve();
      expect(await exchange(subject.port, request('GET /scrape?x'))).to.match(/scraped \/scrape\?x$/);
    });

    it("the connection's address, whatever X-Forwarded-For says, when there is no proxy", async () => {
      const subject = await serve();
      await exchange(subject.port, request('GET /announce', 'X-Forwarded-For: 203.0.113.9\r\n'));
      expect(subject.calls[0]?.from).to.equal('127.0.0.1');
    });

    it('the address from X-Forwarded-For when the connection is that of a trusted proxy', async () => {
      const subject = await serve({}, trustedProxies(['127.0.0.0/8']));
      await exchange(
        subject.port,
        request('GET /announce', 'X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.9\r\n'),
      );
      expect(subject.calls[0]?.from).to.equal('203.0.113.9');
    });

    it('the address from a line of X-Forwarded-For behind 1,000 other headers, and not a forged first one', async () => {
      const subject = await serve({}, trustedProxies(['127.0.0.0/8']));
      const headers = `X-Forwarded-For: 198.51.100.7\r\n${'A: b\r\n'.repeat(1000)}X-Forwarded-For: 203.0.113.9\r\n`;
      await exchange(subject.port, request('GET /announce', headers));
      expect(subject.calls[0]).to.include({ from: '203.0.113.9' });
      expect(subject.warnings).to.deep.equal([]);
    });

    it('a warning, once, with the setting to set, of a proxy that is not trusted', async () => {
      const subject = await serve({}, trustedProxies(['10.0.0.0/8']));
      for (let i = 0; i < 3; i++) {
        await exchange(subject.port, request('GET /announce', 'X-Forwarded-For: 203.0.113.9\r\n'));
      }
      expect(subject.warnings).to.have.length(1);
      expect(subject.warnings[0]).to.include({ setting: 'TRUSTED_PROXIES', address: '::ffff:127.0.0.1' });
    });

    it('a failure when a handler rejects, or breaks its promise not to throw', async () => {
      const subject = await serve();
      const error = new Error('secret detail');
      for (const broken of [
        () => Promise.reject(error),
        () => {
          throw error;
        },
      ]) {
        subject.announce = broken;
        // The second is a plain one.
        for (const target of ['/announce', '/announce?left=0']) {
          expect(await exchange(subject.port, request(`GET ${target}`))).to.match(
            /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nfailed$/,
          );
        }
      }
      expect(subject.errors).to.deep.equal(new Array(4).fill(error));
    });
  });

  describe('answers by itself', () => {
    it('/health with 200, and with 503 when the store cannot serve', async () => {
      const good = await serve();
      expect(statusOf(await exchange(good.port, request('GET /health')))).to.equal('HTTP/1.1 200 OK');
      const bad = await serve();
      bad.healthy = false;
      expect(statusOf(await exchange(bad.port, request('GET /health')))).to.equal(
        'HTTP/1.1 503 Service Unavailable',
      );
    });

    it('whatever the site has, with the headers of that', async () => {
      const subject = await serve();
      const reply = await exchange(subject.port, request('GET /?x'));
      expect(reply).to.match(
        /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/html\r\nX-Page: yes\r\nContent-Length: 4\r\n/,
      );
      expect(reply).to.match(/\r\n\r\npage$/);
      expect(await exchange(subject.port, request('HEAD /'))).to.match(/Content-Length: 4\r\n[^]*\r\n\r\n$/);
    });

    it('scrapes, for web pages of any origin', async () => {
      const subject = await serve();
      expect(await exchange(subject.port, request('GET /scrape?a'))).to.include(
        '\r\nAccess-Control-Allow-Origin: *\r\n',
      );
      expect(await exchange(subject.port, request('GET /announce?a'))).to.not.include('Access-Control');
    });

    it('HEAD of an announce with headers alone, and no peer joins a swarm by it', async () => {
      const subject = await serve();
      const reply = await exchange(subject.port, request('HEAD /announce?info_hash=x'));
      expect(statusOf(reply)).to.equal('HTTP/1.1 200 OK');
      expect(reply.endsWith('\r\n\r\n')).to.equal(true);
      expect(reply).not.to.match(/transfer-encoding/i);
      expect(subject.calls).to.deep.equal([]);
    });

    it('HEAD of other paths as GET, without the body', async () => {
      const subject = await serve();
      const reply = await exchange(subject.port, request('HEAD /health'));
      expect(reply).to.contain('\r\nContent-Length: 3\r\n');
      expect(reply.endsWith('\r\n\r\n')).to.equal(true);
    });

    it('an unknown path with 404', async () => {
      const subject = await serve();
      expect(statusOf(await exchange(subject.port, request('GET /nothing')))).to.equal(
        'HTTP/1.1 404 Not Found',
      );
    });

    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      it(`${method} with 405 and the methods that are allowed`, async () => {
        const subject = await serve();
        const reply = await exchange(subject.port, request(`${method} /announce`));
        expect(statusOf(reply)).to.equal('HTTP/1.1 405 Method Not Allowed');
        expect(reply).to.contain('\r\nAllow: GET, HEAD\r\n');
        expect(subject.calls).to.deep.equal([]);
      });
    }

    it('CONNECT with 405', async () => {
      const subject = await serve();
      expect(statusOf(await exchange(subject.port, connectRequest))).to.equal(
        'HTTP/1.1 405 Method Not Allowed',
      );
    });
  });

  describe('takes', () => {
    it('HTTP/1.0 without Host', async () => {
      const subject = await serve();
      expect(await exchange(subject.port, 'GET /announce?old HTTP/1.0\r\n\r\n')).to.match(
        /^HTTP\/1\.1 200 OK\r\n[^]*announced \/announce\?old$/,
      );
    });

    it('requests sent before the replies to earlier ones, and answers in their order', async () => {
      const subject = await serve();
      subject.announce = async (target) => {
        // The first takes longest.
        await delay(target.endsWith('1') ? 60 : 0);
        return result(`<${target}>`);
      };
      const get = (n: number): string => `GET /announce?${n} HTTP/1.1\r\nHost: a\r\n\r\n`;
      const reply = await exchange(subject.port, get(1) + get(2) + request('GET /announce?3'));
      expect(reply.match(/<.*?>/g)).to.deep.equal(['</announce?1>', '</announce?2>', '</announce?3>']);
    });

    it('a connection for several requests, one after the other', async () => {
      const subject = await serve();
      const socket = await openConnection(subject.port);
      socket.setEncoding('latin1');
      for (const n of [1, 2, 3]) {
        socket.write(`GET /announce?${n} HTTP/1.1\r\nHost: a\r\n\r\n`);
        const [text] = (await once(socket, 'data')) as [string];
        expect(text).to.match(new RegExp(`announced /announce\\?${n}$`));
      }
      socket.destroy();
    });

    it('a request of a client that then closes its side, however long the reply takes', async () => {
      const subject = await serve();
      subject.answerAfter(50);
      const socket = await openConnection(subject.port);
      socket.end('GET /announce?late HTTP/1.1\r\nHost: t\r\n\r\n');
      expect(await readToEnd(socket)).to.contain('announced /announce?late');
    });

    it('the body of a GET, and ignores it', async () => {
      const subject = await serve();
      const body = 'x'.repeat(100_000);
      const reply = await exchange(
        subject.port,
        request('GET /announce?b', `Content-Length: ${body.length}\r\n`) + body,
      );
      expect(reply).to.match(/announced \/announce\?b$/);
    });
  });

  describe('answers alike, whoever reads the request', () => {
    /** Not plain, so that Node's own server answers. */
    const odd = 'X-Odd: 1\r\n';

    for (const [what, line, headers] of [
      ['an announce', 'GET /announce?info_hash=%00%ff&a=1', ''],
      ['a scrape', 'GET /scrape?info_hash=%00', ''],
      ['an announce through a proxy', 'GET /announce?a', 'X-Forwarded-For: 192.0.2.7\r\n'],
    ] as const) {
      it(`${what}, for one request or for several`, async () => {
        const subject = await serve({}, trustedProxies(['127.0.0.0/8', '::1/128']));
        for (const close of ['Connection: close\r\n', '']) {
          const ask = (more: string): string =>
            `${line} HTTP/1.1\r\nHost: t\r\n${headers}${more}${close}\r\n`;
          const [plain, other] = await Promise.all(
            ['', odd].map(async (more) => {
              const connection = await openConnection(subject.port);
              connection.write(ask(more));
              if (close === '') await once(connection, 'readable');
              connection.end();
              return (await readToEnd(connection)).replace(/\r\nDate: [^\r]*/, '');
            }),
          );
          expect(plain).to.equal(other);
          expect(plain).to.match(/^HTTP\/1\.1 200 OK\r\n/);
          expect(subject.calls).to.deep.equal(subject.calls.map(() => subject.calls[0]));
        }
      });
    }

    it('requests of every kind on one connection, in their order', async () => {
      const subject = await serve();
      const plain = (n: number): string => `GET /announce?${n} HTTP/1.1\r\nHost: t\r\n\r\n`;
      const other = (n: number): string => `GET /announce?${n} HTTP/1.1\r\nHost: t\r\n${odd}\r\n`;
      const connection = await openConnection(subject.port);
      let seen = '';
      connection.on('data', (bytes: Buffer) => (seen += bytes.toString('latin1')));
      const chunks = [
        plain(1),
        plain(2),
        plain(3).slice(0, 9),
        plain(3).slice(9),
        plain(4) + other(5),
        plain(6) + plain(7),
      ];
      for (const chunk of chunks) {
        connection.write(chunk);
        await delay(10);
      }
      await delay(50);
      const answered = Array.from(seen.matchAll(/announced \/announce\?(\d)/g), ([, n]) => Number(n));
      expect(answered).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
      connection.destroy();
    });

    it('what is sent while a plain request is being answered, also if the client then closes its side', async () => {
      const subject = await serve();
      subject.answerAfter(30);
      const connection = await openConnection(subject.port);
      connection.write('GET /announce?1 HTTP/1.1\r\nHost: t\r\n\r\n');
      await delay(5);
      connection.write('GET /announce?2 HTTP/1.1\r\nHost: t\r\n\r\n');
      await delay(5);
      connection.end('GET /announce?3 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n');
      const replies = await readToEnd(connection);
      expect(Array.from(replies.matchAll(/announced \/announce\?(\d)/g), ([, n]) => n)).to.deep.equal([
        '1',
        '2',
        '3',
      ]);
    });
  });
});
