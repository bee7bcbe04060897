import { expect } from 'chai';
import fc from 'fast-check';

import { ReplyHeads } from '../../lib/standalone/reply-heads.js';

const SECOND = 1_700_000_000_000;

describe('the head of a reply', () => {
  it('has status, type, length, date and whether the connection stays, each line ended as HTTP wants it', () => {
    const heads = new ReplyHeads(75_999, () => SECOND + 999);
    expect(heads.of(200, 402, false)).to.equal(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 402\r\n' +
        'Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n',
    );
    expect(heads.of(503, 0, true)).to.equal(
      'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n' +
        'Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nConnection: close\r\n\r\n',
    );
  });

  it('is that of its own reply and second, whatever was replied before', () => {
    const reply = fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      length: fc.integer({ min: 0, max: 5 }),
      isLast: fc.boolean(),
      pause: fc.integer({ min: 0, max: 700 }),
    });
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 60 }), (replies) => {
        let now = SECOND;
        const heads = new ReplyHeads(5000, () => now);
        for (const { status, length, isLast, pause } of replies) {
          now += pause;
          const alone = new ReplyHeads(5000, () => now);
          expect(heads.of(status, length, isLast)).to.equal(alone.of(status, length, isLast));
        }
      }),
    );
  });

  it('is put before a shared body once a second for either kind of connection', () => {
    let now = SECOND;
    const heads = new ReplyHeads(5000, () => now);
    const reply = { status: 200, body: Buffer.from('page'), headers: { 'Content-Type': 'text/html' } };
    const wholeOf = (isLast: boolean): string => `${heads.of(200, 4, isLast, reply.headers)}page`;
    const [kept, last] = [heads.shared(reply, false), heads.shared(reply, true)];
    expect([kept.toString(), last.toString()]).to.deep.equal([wholeOf(false), wholeOf(true)]);
    now += 500;
    expect([heads.shared(reply, false), heads.shared(reply, true)]).to.have.ordered.members([kept, last]);
    now += 500;
    expect(heads.shared(reply, false).toString()).to.equal(wholeOf(false)).and.not.equal(kept.toString());
  });
});
