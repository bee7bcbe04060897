import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';

import { TrackerError } from '../../lib/client/tracker-error.js';
import { UdpConversation } from '../../lib/client/udp.js';
import { encodeScrape, readScrapeReply } from '../../lib/client/udp-codec.js';
import { freePort } from '../support/free-port.js';
import { rejectionOf } from '../support/rejection.js';

/** What a tracker answers to a datagram, its n-th one; undefined: nothing. */
type Script = (datagram: Buffer, n: number) => readonly Buffer[] | undefined;

const CONNECT = 0;
const infohash = Buffer.alloc(20, 1);
const options = { timeoutMs: 20_000, family: 0 } as const;

describe('a conversation over UDP', () => {
  let socket: Socket;
  let received: { readonly datagram: Buffer; readonly atMs: number }[];

  beforeEach(async () => {
    received = [];
    socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  });

  afterEach(() => {
    socket.close();
  });

  function answerWith(script: Script): void {
    socket.on('message', (datagram: Buffer, { port, address }: RemoteInfo) => {
      received.push({ datagram, atMs: performance.now() });
      for (const reply of script(datagram, received.length) ?? []) socket.send(reply, port, address);
    });
  }

  /** The right answer to a connect or scrape; the connection id says how many were given. */
  function rightAnswer(datagram: Buffer, n: number): readonly Buffer[] {
    const action = datagram.readUInt32BE(8);
    const reply = Buffer.alloc(action === CONNECT ? 16 : 20);
    reply.writeUInt32BE(action, 0);
    reply.writeUInt32BE(datagram.readUInt32BE(12), 4);
    reply.writeUInt32BE(n, 12);
    return [reply];
  }

  async function scrapeOnce(conversation: UdpConversation): Promise<unknown> {
    const reply = await conversation.ask((id, transaction) => encodeScrape(id, transaction, [infohash]));
    return readScrapeReply(reply, 1);
  }

  const url = (): URL => new URL(`udp://127.0.0.1:${socket.address().port}/announce`);

  const actions = (): number[] => received.map(({ datagram }) => datagram.readUInt32BE(8));

  it('connects once, and uses the connection id for a minute', async () => {
    answerWith(rightAnswer);
    await UdpConversation.with(url(), options, async (conversation) => {
      await scrapeOnce(conversation);
      await scrapeOnce(conversation);
    });
    expect(actions()).to.deep.equal([0, 2, 2]);
    expect(received[2]?.datagram.readUInt32BE(4)).to.equal(1);
  });

  it('connects anew when the connection id is too old', async () => {
    answerWith(rightAnswer);
    const timing = { retransmitMs: 15_000, idLifetimeMs: 0 };
    await UdpConversation.with(
      url(),
      options,
      async (conversation) => {
        await scrapeOnce(conversation);
        await scrapeOnce(conversation);
      },
      timing,
    );
    expect(actions()).to.deep.equal([0, 2, 0, 2]);
  });

  it('sends again after the interval, then twice and four times that, with a transaction of its own', async () => {
    answerWith((datagram, n) => (n < 4 ? undefined : rightAnswer(datagram, n)));
    const timing = { retransmitMs: 100, idLifetimeMs: 60_000 };
    await UdpConversation.with(url(), options, scrapeOnce, timing);
    expect(actions()).to.deep.equal([0, 0, 0, 0, 2]);
    const times = received.map(({ atMs }) => atMs);
    const waits = times.slice(1, 4).map((at, i) => at - (times[i] ?? 0));
    // Timers are never early, but late on a busy machine.
    for (const [i, wait] of waits.entries()) expect(wait).to.be.above(100 * 2 ** i - 40);
    expect(new Set(received.map(({ datagram }) => datagram.readUInt32BE(12))).size).to.equal(5);
  });

  it('skips what does not answer its request', async () => {
    answerWith((datagram, n) => {
      const [right = Buffer.alloc(0)] = rightAnswer(datagram, n);
      const wrong = Buffer.from(right);
      wrong.writeUInt32BE((right.readUInt32BE(4) + 1) >>> 0, 4);
      return [Buffer.alloc(0), Buffer.from('short'), wrong, right];
    });
    const answer = await UdpConversation.with(url(), options, scrapeOnce);
    expect(answer).to.deep.equal([{ seeders: 0, downloads: 2, leechers: 0 }]);
  });

  it('gives up when the time is over', async () => {
    answerWith(() => undefined);
    const startMs = performance.now();
    const error = await rejectionOf(UdpConversation.with(url(), { ...options, timeoutMs: 300 }, scrapeOnce));
    expect(error).to.be.instanceOf(TrackerError).with.property('message', 'no reply within 0.3 s');
    expect(error).to.have.property('kind', 'unreachable');
    expect(performance.now() - startMs).to.be.within(290, 5000);
    expect(received).to.have.length(1);
  });

  it('says at once that nobody listens on the port', async () => {
    const gone = new URL(`udp://127.0.0.1:${await freePort()}`);
    const error = await rejectionOf(UdpConversation.with(gone, options, scrapeOnce));
    expect(error).to.be.instanceOf(TrackerError).with.property('kind', 'unreachable');
    expect((error as Error).message).to.contain('ECONNREFUSED');
  });

  it('passes on what a tracker says that refuses the connection', async () => {
    answerWith((datagram) => {
      const reply = Buffer.alloc(8);
      reply.writeUInt32BE(3, 0);
      reply.writeUInt32BE(datagram.readUInt32BE(12), 4);
      return [Buffer.concat([reply, Buffer.from('full')])];
    });
    const error = await rejectionOf(UdpConversation.with(url(), options, scrapeOnce));
    expect(error).to.be.instanceOf(TrackerError).with.property('message', 'full');
  });

  it('asks for a port in the URL', async () => {
    const error = await rejectionOf(UdpConversation.with(new URL('udp://127.0.0.1'), options, scrapeOnce));
    expect(error).to.be.instanceOf(TrackerError).with.property('kind', 'address');
  });
});
