import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { trustedProxies, type TrustedProxies } from '../../../deploy/standalone/client-address.js';
import { Health } from '../../../deploy/standalone/health.js';
import { TrackerServer, type ServerLimits } from '../../../deploy/standalone/server.js';
import { systemClock } from '../../../lib/environment.js';
import type { Log } from '../../../lib/log.js';
import type { WebAction, WebActionParams, WebActionResult } from '../../../lib/openwhisk/web-action.js';
import { eventually } from '../../support/eventually.js';
import { exchange, openConnection, readToEnd } from '../../support/raw-http.js';

function result(body: string): WebActionResult {
  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/octet-stream' },
    body: Buffer.from(body, 'latin1').toString('base64'),
  };
}

function targetOf(params: WebActionParams): string {
  return (params.__ow_headers as Record<string, string>)['x-original-uri'] ?? '';
}

/** A server whose actions answer what they were asked, and a count of how often they ran. */
class Subject {
  readonly calls: WebActionParams[] = [];
  readonly errors: string[] = [];
  healthy = true;
  announce: WebAction = (params) => Promise.resolve(result(`announced ${targetOf(params)}`));
  port = 0;
  readonly server: TrackerServer;

  constructor(limits: Partial<ServerLimits>, isTrustedProxy: TrustedProxies | undefined) {
    const nothing = (): void => undefined;
    const log: Log = {
      error: (event) => void this.errors.push(event),
      warn: nothing,
      info: nothing,
      debug: nothing,
    };
    const health = new Health(
      () => (this.healthy ? Promise.resolve() : Promise.reject(new Error('no'))),
      systemClock,
      log,
    );
    this.server = new TrackerServer(
      {
        announce: (params) => {
          this.calls.push(params);
          return this.announce(params);
        },
        scrape: (params) => Promise.resolve(result(`scraped ${targetOf(params)}`)),
        health,
        isTrustedProxy,
        log,
      },
      {
        maxConnections: 100,
        headersTimeoutMs: 5000,
        requestTimeoutMs: 5000,
        keepAliveTimeoutMs: 5000,
        announceTimeoutMs: 1000,
        ...limits,
      },
    );
  }
}

const running: TrackerServer[] = [];

async function serve(limits: Partial<ServerLimits> = {}, isTrustedProxy?: TrustedProxies): Promise<Subject> {
  const subject = new Subject(limits, isTrustedProxy);
  subject.port = await subject.server.listen(0, '::');
  running.push(subject.server);
  return subject;
}

/** A request after which the server closes the connection, so that a test sees the end of the reply. */
function request(line: string, headers = ''): string {
  return `${line} HTTP/1.1\r\nHost: tracker.example\r\n${headers}Connection: close\r\n\r\n`;
}

async function expectGoodAnnounce(subject: Subject): Promise<void> {
  expect(await exchange(subject.port, request('GET /announce?good'))).to.match(
    /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nannounced \/announce\?good$/,
  );
}

const connectRequest = 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n';

function statusOf(reply: string): string {
  return reply.slice(0, reply.indexOf('\r\n'));
}

describe('the HTTP server', () => {
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close(1000)));
  });

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

    it('a scrape to the scrape action', async () => {
      const subject = await serve();
      expect(await exchange(subject.port, request('GET /scrape?x'))).to.match(/scraped \/scrape\?x$/);
    });

    it("the connection's address, whatever X-Forwarded-For says, when there is no proxy", async () => {
      const subject = await serve();
      await exchange(subject.port, request('GET /announce', 'X-Forwarded-For: 203.0.113.9\r\n'));
      expect(subject.calls[0]?.__ow_headers).to.include({ 'x-real-ip': '::ffff:127.0.0.1' });
    });

    it('the address from X-Forwarded-For when the connection is that of a trusted proxy', async () => {
      const subject = await serve({}, trustedProxies(['127.0.0.0/8']));
      await exchange(
        subject.port,
        request('GET /announce', 'X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-For: 203.0.113.9\r\n'),
      );
      expect(subject.calls[0]?.__ow_headers).to.include({ 'x-real-ip': '203.0.113.9' });
    });

    it('a bencoded failure when an action breaks its promise not to fail', async () => {
      const subject = await serve();
      for (const broken of [
        () => Promise.reject(new Error('secret detail')),
        () => Promise.resolve({} as WebActionResult),
        () => Promise.resolve({ statusCode: 200, headers: {}, body: 'no base64, but long enough' }),
        () => {
          throw new Error('secret detail');
        },
      ]) {
        subject.announce = broken;
        // The second is a plain one.
        for (const target of ['/announce', '/announce?left=0']) {
          expect(await exchange(subject.port, request(`GET ${target}`))).to.match(
            /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nd14:failure reason14:internal errore$/,
          );
        }
      }
      expect(subject.errors).to.deep.equal(new Array(8).fill('action failed'));
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

    it('/ with the announce URL', async () => {
      const subject = await serve();
      expect(await exchange(subject.port, request('GET /'))).to.contain('http://tracker.example/announce\n');
    });

    it('/ without repeating a Host that is none', async () => {
      const subject = await serve();
      const reply = await exchange(
        subject.port,
        'GET / HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n',
      );
      expect(reply).not.to.contain('<script>');
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
      subject.announce = async (params) => {
        // The first takes longest.
        await delay(targetOf(params).endsWith('1') ? 60 : 0);
        return result(`<${targetOf(params)}>`);
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
      subject.announce = async (params) => {
        await delay(50);
        return result(`announced ${targetOf(params)}`);
      };
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
          expect(subject.calls.map((params) => params.__ow_headers)).to.deep.equal(
            subject.calls.map(() => subject.calls[0]?.__ow_headers),
          );
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
      subject.announce = async (params) => {
        await delay(30);
        return result(`announced ${targetOf(params)}`);
      };
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

  it('closes the connection of a client that asks for it, though the client keeps its own side open', async () => {
    const subject = await serve({ maxConnections: 1 });
    const connection = connect({ port: subject.port, host: '127.0.0.1', allowHalfOpen: true });
    connection.resume();
    connection.write(request('GET /announce?1'));
    await once(connection, 'end');
    // It would be refused if the other one were still there.
    await expectGoodAnnounce(subject);
    connection.destroy();
  });

  it('sends all of a long reply to a client that asks for the end of the connection and reads late', async () => {
    const subject = await serve();
    // More than the system takes at once.
    const long = 'x'.repeat(20_000_000);
    subject.announce = () => Promise.resolve(result(long));
    const connection = await openConnection(subject.port);
    connection.pause();
    connection.write(request('GET /announce?1'));
    await delay(100);
    connection.resume();
    const reply = await readToEnd(connection);
    expect(reply.length - reply.indexOf('\r\n\r\n') - 4).to.equal(long.length);
  });

  it('loses no reply to a client that asks for the end of the connection and sends more', async () => {
    const subject = await serve();
    subject.announce = async (params) => {
      await delay(20);
      return result(`announced ${targetOf(params)}`);
    };
    const connection = await openConnection(subject.port);
    connection.write(request('GET /announce?1'));
    for (let i = 0; i < 3; i++) {
      await delay(5);
      connection.write(request('GET /announce?2'));
    }
    expect(await readToEnd(connection)).to.match(/announced \/announce\?1$/);
  });

  it('answers what came by itself while another request was answered, also if the client then closes its side', async () => {
    const subject = await serve();
    subject.announce = async (params) => {
      await delay(60);
      return result(`announced ${targetOf(params)}`);
    };
    const connection = connect({ port: subject.port, host: '127.0.0.1', allowHalfOpen: true });
    for (const n of [1, 2]) {
      connection.write(`GET /announce?${n} HTTP/1.1\r\nHost: t\r\n\r\n`);
      await delay(10);
    }
    connection.end();
    const replies = await readToEnd(connection);
    expect(Array.from(replies.matchAll(/announced \/announce\?(\d)/g), ([, n]) => n)).to.deep.equal([
      '1',
      '2',
    ]);
  });

  describe('refuses, and answers the next good announce after', () => {
    const cases: [what: string, bytes: string, status: string][] = [
      ['what is not HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400 Bad Request'],
      ['a version that is none', 'GET / HTTP/9.9\r\n\r\n', '400 Bad Request'],
      ['HTTP/1.1 without Host', 'GET /announce HTTP/1.1\r\nConnection: close\r\n\r\n', '400 Bad Request'],
      ['a NUL byte in the target', 'GET /announce?a=\0 HTTP/1.1\r\nHost: a\r\n\r\n', '400 Bad Request'],
      ['a header without a name', 'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n', '400 Bad Request'],
      [
        'two lengths of a body',
        'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
        '400 Bad Request',
      ],
      [
        'a target of 16 KB',
        `GET /announce?${'a'.repeat(16_384)} HTTP/1.1\r\nHost: a\r\n\r\n`,
        '431 Request Header Fields Too Large',
      ],
      [
        'ten thousand parameters',
        `GET /announce?${'a=1&'.repeat(10_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
        '431 Request Header Fields Too Large',
      ],
      [
        'a header of 1 MB',
        `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(1_000_000)}\r\n\r\n`,
        '431 Request Header Fields Too Large',
      ],
    ];
    for (const [what, bytes, status] of cases) {
      it(`${what}: ${status}`, async () => {
        const subject = await serve();
        const reply = await exchange(subject.port, bytes);
        expect(statusOf(reply)).to.equal(`HTTP/1.1 ${status}`);
        expect(reply).to.match(/connection: close\r\n/i);
        await expectGoodAnnounce(subject);
      });
    }

    it('half a request that never ends: 408', async () => {
      const subject = await serve({ headersTimeoutMs: 100 });
      const reply = await exchange(subject.port, 'GET /announce?half HTTP/1.1\r\nHo');
      expect(statusOf(reply)).to.equal('HTTP/1.1 408 Request Timeout');
      await expectGoodAnnounce(subject);
    });

    it('a connection on which nothing is ever sent', async () => {
      const subject = await serve({ headersTimeoutMs: 100 });
      expect(statusOf(await readToEnd(await openConnection(subject.port)))).to.equal(
        'HTTP/1.1 408 Request Timeout',
      );
      await expectGoodAnnounce(subject);
    });

    it('more connections than it may have, until one is closed', async () => {
      const subject = await serve({ maxConnections: 2 });
      const first = await openConnection(subject.port);
      const second = await openConnection(subject.port);
      expect(await exchange(subject.port, request('GET /announce'))).to.equal('');
      first.destroy();
      second.destroy();
      await delay(20);
      await expectGoodAnnounce(subject);
    });

    it('CONNECT of a client that then resets the connection', async () => {
      const subject = await serve();
      const connection = await openConnection(subject.port);
      connection.write(connectRequest);
      await once(connection, 'data');
      connection.resetAndDestroy();
      // An error that nobody handles would end this process.
      await delay(50);
      await expectGoodAnnounce(subject);
    });

    for (const [what, withinMs, misbehave] of [
      ['never closes its side', 3000, () => undefined],
      ['sends more, and closes its side', 500, (connection) => connection.end('more')],
      [
        'goes on sending',
        3000,
        (connection) => {
          const sending = setInterval(() => connection.write('more'), 20);
          connection.once('close', () => {
            clearInterval(sending);
          });
        },
      ],
    ] as [string, number, (connection: Socket) => void][]) {
      it(`CONNECT of a client that ${what}, and has no connection left`, async () => {
        const subject = await serve({ maxConnections: 1 });
        const connection = connect({ port: subject.port, host: '127.0.0.1', allowHalfOpen: true });
        connection.on('error', () => undefined).resume();
        connection.write(connectRequest);
        await once(connection, 'data');
        misbehave(connection);
        await eventually('room for another connection', withinMs, async () =>
          (await exchange(subject.port, request('GET /announce'))).includes('announced'),
        );
        connection.destroy();
      });
    }

    it('nothing because a client is gone before its reply', async () => {
      const subject = await serve();
      let answered = (): void => undefined;
      const reply = new Promise<void>((resolve) => (answered = resolve));
      subject.announce = async () => {
        await reply;
        return result('x'.repeat(1_000_000));
      };
      const sockets = await Promise.all(Array.from({ length: 20 }, () => openConnection(subject.port)));
      for (const socket of sockets) socket.write('GET /announce?gone HTTP/1.1\r\nHost: a\r\n\r\n');
      await delay(50);
      for (const socket of sockets) socket.resetAndDestroy();
      answered();
      await delay(20);
      subject.announce = (params) => Promise.resolve(result(`announced ${targetOf(params)}`));
      await expectGoodAnnounce(subject);
      expect(subject.errors).to.deep.equal([]);
    });

    it('to keep a connection for a client that asks and never reads', async () => {
      const subject = await serve({
        headersTimeoutMs: 50,
        requestTimeoutMs: 50,
        announceTimeoutMs: 50,
        maxConnections: 1,
      });
      subject.announce = () => Promise.resolve(result('x'.repeat(1_000_000)));
      const mute = await openConnection(subject.port);
      mute.pause();
      mute.write('GET /announce HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50));
      // Nobody else is let in until the server has given up on that one.
      await eventually('the only connection is free', 8000, async () => {
        return (await exchange(subject.port, request('GET /health'))) !== '';
      });
      mute.destroy();
    });

    it('to pile up replies for a client that asks one after the other and never reads', async () => {
      const subject = await serve({ keepAliveTimeoutMs: 300, maxConnections: 1 });
      const big = result('x'.repeat(1_000_000));
      let answered = 0;
      subject.announce = () => {
        answered++;
        return Promise.resolve(big);
      };
      const mute = await openConnection(subject.port);
      mute.pause();
      mute.on('error', () => undefined);
      // One after the other: of two that come together the second would not be a plain request.
      let asked = 0;
      for (; asked < 60 && answered === asked; asked++) {
        mute.write('GET /announce?plain HTTP/1.1\r\nHost: a\r\n\r\n');
        for (let wait = 0; wait < 100 && answered === asked; wait++) await delay(5);
        await delay(10);
      }
      // What the system keeps for a connection has room for a few.
      expect(answered).to.be.within(1, 30);
      await eventually('the only connection is free', 8000, async () => {
        return (await exchange(subject.port, request('GET /health'))) !== '';
      });
      mute.destroy();
    });

    it('no request of a client that reads late', async () => {
      const subject = await serve();
      const big = result('x'.repeat(1_000_000));
      let answered = 0;
      subject.announce = () => {
        answered++;
        return Promise.resolve(big);
      };
      const slow = await openConnection(subject.port);
      let bytes = 0;
      slow.on('data', (chunk) => (bytes += chunk.length));
      slow.pause();
      let asked = 0;
      for (; answered === asked; asked++) {
        slow.write('GET /announce?plain HTTP/1.1\r\nHost: a\r\n\r\n');
        for (let wait = 0; wait < 100 && answered === asked; wait++) await delay(5);
        await delay(10);
      }
      slow.resume();
      await eventually('all replies are there', 8000, () => bytes >= asked * 1_000_000);
      slow.destroy();
    });
  });

  describe('when it closes', () => {
    it('answers what is in flight, tells the client that it was the last reply, and takes no more', async () => {
      const subject = await serve();
      let answer = (): void => undefined;
      const asked = new Promise<void>((started) => {
        subject.announce = () => {
          started();
          return new Promise((resolve) => {
            answer = () => {
              resolve(result('last'));
            };
          });
        };
      });
      const reply = exchange(subject.port, 'GET /announce HTTP/1.1\r\nHost: a\r\n\r\n');
      await asked;
      const closed = subject.server.close(2000);
      await delay(50);
      answer();
      expect(await reply)
        .to.match(/last$/)
        .and.to.match(/\r\nConnection: close\r\n/);
      await closed;
      expect(
        await openConnection(subject.port).then(
          () => 'open',
          () => 'refused',
        ),
      ).to.equal('refused');
    });

    it('does not wait for idle connections and half requests', async () => {
      const subject = await serve();
      const idle = await openConnection(subject.port);
      idle.write('GET /announce HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(idle, 'data');
      const half = await openConnection(subject.port);
      half.write('GET /announce HTTP/1.1\r\nHo');
      await delay(20);
      const startMs = performance.now();
      await subject.server.close(4000);
      expect(performance.now() - startMs).to.be.below(1000);
    });

    it('does not wait for a connection that it has refused', async () => {
      const subject = await serve();
      const connection = connect({ port: subject.port, host: '127.0.0.1', allowHalfOpen: true });
      connection.write(connectRequest);
      await once(connection, 'data');
      const startMs = performance.now();
      await subject.server.close(100);
      expect(performance.now() - startMs).to.be.below(600);
      connection.destroy();
    });

    it('cuts what is not done in time', async () => {
      const subject = await serve();
      const asked = new Promise<void>((started) => {
        subject.announce = () => {
          started();
          return new Promise(() => undefined);
        };
      });
      const reply = exchange(subject.port, 'GET /announce HTTP/1.1\r\nHost: a\r\n\r\n');
      await asked;
      await subject.server.close(100);
      expect(await reply).to.equal('');
    });
  });
});
