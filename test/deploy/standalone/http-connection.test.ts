import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';

import { openConnection } from '../../support/raw-http.js';
import { closeServers, result, serve, targetOf, type Subject } from './support/server.js';

function announce(n: number): string {
  return `GET /announce?${n} HTTP/1.1\r\nHost: t\r\n\r\n`;
}

describe('a connection that the HTTP server has', () => {
  afterEach(closeServers);

  /** A server whose announces take a moment. */
  async function serveSlowly(): Promise<Subject> {
    const subject = await serve();
    subject.announce = async (params) => {
      await delay(50);
      return result(`announced ${targetOf(params)}`);
    };
    return subject;
  }

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
  });
});
