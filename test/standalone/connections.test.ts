import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { eventually } from '../support/eventually.js';
import { exchange, openConnection, readToEnd } from '../support/raw-http.js';
import {
  closeServers,
  connectRequest,
  expectGoodAnnounce,
  request,
  result,
  serve,
  statusOf,
} from './support/server.js';

describe('the HTTP server and its connections', () => {
  afterEach(closeServers);

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
    subject.answerAfter(20);
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
    subject.answerAfter(60);
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
      subject.announce = (target) => Promise.resolve(result(`announced ${target}`));
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
