import { expect } from 'chai';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { eventually } from '../support/eventually.js';
import { exchange, openConnection, readToEnd } from '../support/raw-http.js';
import { closeServers, connectRequest, request, result, serve, type Subject } from './support/server.js';

function announce(n: number): string {
  return `GET /announce?${n} HTTP/1.1\r\nHost: t\r\n\r\n`;
}

/** What came back, in order: statuses, and what was announced. */
function outline(replies: string): string[] {
  return Array.from(replies.matchAll(/HTTP\/1\.1 (\d+)|announced (\/announce\?\d)/g), ([, status, target]) =>
    String(status ?? target),
  );
}

describe('a connection that the HTTP server has', () => {
  afterEach(closeServers);

  /** A server whose announces take a moment. */
  async function serveSlowly(): Promise<Subject> {
    const subject = await serve();
    subject.answerAfter(50);
    return subject;
  }

  describe('has what came before answered, and then refuses', () => {
    const cases: [what: string, bytes: string, status: string][] = [
      ['what is not HTTP', 'GARBAGE\r\n\r\n', '400'],
      ['what is not HTTP, and more of it', `GARBAGE\r\n\r\n${announce(3)}`, '400'],
      ['a request line of 20 KB', `GET /${'x'.repeat(20_000)}`, '431'],
      ['CONNECT', connectRequest, '405'],
    ];
    for (const [what, bytes, status] of cases) {
      it(`${what}: ${status}`, async () => {
        const subject = await serveSlowly();
        const replies = await exchange(subject.port, announce(1) + announce(2) + bytes);
        expect(outline(replies)).to.deep.equal(['200', '/announce?1', '200', '/announce?2', status]);
        expect(subject.calls.length).to.equal(2);
      });

      it(`${what}, once, though more of it comes meanwhile`, async () => {
        const subject = await serveSlowly();
        const connection = await openConnection(subject.port);
        connection.write(announce(1) + bytes);
        await delay(20);
        connection.write('MORE\r\n\r\n');
        expect(outline(await readToEnd(connection))).to.deep.equal(['200', '/announce?1', status]);
      });
    }

    it('half a request after which the client closes its side: 400', async () => {
      const subject = await serveSlowly();
      const connection = connect({ port: subject.port, host: '127.0.0.1', allowHalfOpen: true });
      connection.end(`${announce(1)}${announce(2)}GET /announce?3 HT`);
      expect(outline(await readToEnd(connection))).to.deep.equal([
        '200',
        '/announce?1',
        '200',
        '/announce?2',
        '400',
      ]);
    });
  });

  it('ends with the reply to who asks for its end, and what follows that is ignored', async () => {
    const subject = await serveSlowly();
    for (const more of [announce(2), 'GARBAGE\r\n\r\n', connectRequest]) {
      const replies = await exchange(subject.port, request('GET /announce?1') + more);
      expect(outline(replies)).to.deep.equal(['200', '/announce?1']);
      expect(replies).to.match(/\r\nConnection: close\r\n/);
    }
    expect(subject.calls.length).to.equal(3);
  });

  it('is closed if the client of a CONNECT does not read the replies to what it asked before', async () => {
    const subject = await serve({
      headersTimeoutMs: 100,
      requestTimeoutMs: 100,
      announceTimeoutMs: 100,
      maxConnections: 1,
    });
    subject.announce = () => Promise.resolve(result('x'.repeat(20_000_000)));
    const mute = await openConnection(subject.port);
    mute.pause();
    mute.write(announce(1) + connectRequest);
    await eventually('room for another connection', 5000, async () =>
      (await exchange(subject.port, request('GET /health'))).includes('ok'),
    );
    mute.destroy();
  });

  describe('when the server closes', () => {
    async function closeWithHalfRequest(subject: Subject): Promise<number> {
      const half = await openConnection(subject.port);
      half.write('GET /announce HTTP/1.1\r\nHo');
      await delay(20);
      const startMs = performance.now();
      await subject.server.close(4000);
      half.destroy();
      return performance.now() - startMs;
    }

    it('is not waited for if its client has reset it with several requests unanswered', async () => {
      const subject = await serveSlowly();
      const connection = await openConnection(subject.port);
      connection.write(announce(1) + announce(2) + announce(3));
      await delay(20);
      connection.resetAndDestroy();
      await delay(200);
      expect(await closeWithHalfRequest(subject)).to.be.below(1000);
    });

    it('is cut in time if a refusal waits for a reply', async () => {
      const subject = await serve();
      subject.announce = () => new Promise(() => undefined);
      const connections: Socket[] = [];
      for (const bytes of ['GARBAGE\r\n\r\n', connectRequest]) {
        const connection = await openConnection(subject.port);
        connection.write(announce(1) + bytes);
        connections.push(connection);
      }
      await delay(50);
      const startMs = performance.now();
      await subject.server.close(100);
      expect(performance.now() - startMs).to.be.below(1000);
      for (const connection of connections) connection.destroy();
    });
  });
});
