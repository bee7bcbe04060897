import { expect } from 'chai';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { systemClock } from '../../lib/environment.js';
import { requestRates } from '../../lib/policy/floods/address-rates.js';
import { HeldConnections } from '../../lib/standalone/held-connections.js';
import { eventually } from '../support/eventually.js';
import { exchange, openConnection, readToEnd } from '../support/raw-http.js';
import { closeServers, request, serve, type Subject } from './support/server.js';

const announce = 'GET /announce?1 HTTP/1.1\r\nHost: t\r\n\r\n';
const FLOOD = '127.0.0.2';
const OTHER = '127.0.0.3';

describe('a connection of an address that is over its rate', () => {
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await closeServers();
  });

  /** Of each address one request is served in some days. */
  function serveOne(trusted?: string): Promise<Subject> {
    const rates = requestRates({ addressRate: 0.00001, addressBurst: 1 }, systemClock, Math.random);
    return serve({}, trusted === undefined ? undefined : (address) => address.endsWith(trusted), rates);
  }

  async function flood({ port }: Subject, requests: number, from = FLOOD): Promise<void> {
    const socket = await openConnection(port, from);
    sockets.push(socket);
    socket.resume();
    socket.write(announce.repeat(requests));
  }

  it('is read on after others of a thousand a second, however many there are; others are answered', async () => {
    const subject = await serveOne();
    const startedAt = performance.now();
    for (let n = 0; n < 20; n++) await flood(subject, 1000);
    await delay(1000);
    expect(await exchange(subject.port, request('GET /announce?other'), OTHER)).to.contain('announced');
    const most = 20 + 1.3 * (performance.now() - startedAt);
    expect(subject.errors.length).to.be.within(20, most);
  });

  it('has every request answered, in order, and then its end', async () => {
    const subject = await serveOne();
    const socket = await openConnection(subject.port, FLOOD);
    socket.end(announce.repeat(20));
    const replies = await readToEnd(socket);
    const failed = Array.from({ length: 19 }, () => 'failed');
    expect(replies.match(/announced|failed/g)).to.deep.equal(['announced', ...failed]);
  });

  it('is closed when a client says nothing more, as any other', async () => {
    const subject = await serveOne();
    await exchange(subject.port, request('GET /announce?1'), FLOOD);
    expect(await exchange(subject.port, request('GET /announce?2'), FLOOD)).to.match(
      /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n\r\nfailed$/,
    );
  });

  it('that is gone is no trouble', async () => {
    const subject = await serveOne();
    await flood(subject, 100);
    await eventually('a refusal', 8000, () => subject.errors.length > 0);
    for (const socket of sockets.splice(0)) socket.destroy();
    await delay(30);
    expect(await exchange(subject.port, request('GET /announce?other'), OTHER)).to.contain('announced');
  });

  it('is read as others are if it is of a trusted proxy, which has many clients', async () => {
    const proxied = await serveOne(FLOOD);
    const direct = await serveOne();
    await Promise.all([flood(proxied, 1000), flood(direct, 1000)]);
    await eventually('all are answered', 30_000, () => proxied.errors.length === 999);
    expect(direct.errors.length).to.be.below(500);
  });
});

describe('connections that are held', () => {
  it('are released in order, each once, as many at a time as its rate says', async () => {
    const held = new HeldConnections();
    const released: number[] = [];
    for (let n = 0; n < 100; n++) held.add({ release: () => released.push(n) });
    expect(released).to.deep.equal([]);
    const startedAt = performance.now();
    await eventually('all are', 8000, () => released.length === 100);
    // 20 times 5 ms, of which a timer may leave out a fraction.
    expect(performance.now() - startedAt).to.be.at.least(80);
    expect(released).to.deep.equal(Array.from({ length: 100 }, (_, n) => n));
  });

  it('may be held again while they are released', async () => {
    const held = new HeldConnections();
    let count = 0;
    const again = {
      release: (): void => {
        if (++count < 3000) held.add(again);
      },
    };
    for (let n = 0; n < 50; n++) held.add(again);
    await eventually('3,000 times', 30_000, () => count >= 3000);
  });
});
