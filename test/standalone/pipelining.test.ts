import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { expect } from 'chai';

import { eventually } from '../support/eventually.js';
import { heapSlack } from '../support/heap-slack.js';
import { exchange, openConnection } from '../support/raw-http.js';
import { startTracker } from '../support/tracker-process.js';
import { privateMemory, linux } from '../system/support/proc.js';
import { describeWith } from '../support/programs.js';
import { closeServers, expectGoodAnnounce, request, result, serve } from './support/server.js';

const announce = 'GET /announce?1 HTTP/1.1\r\nHost: t\r\n\r\n';
const hashes = Array.from({ length: 100 }, (_, i) => `info_hash=${String(i).padStart(20, 'h')}`).join('&');
const scrape = `GET /scrape?${hashes} HTTP/1.1\r\nHost: t\r\n\r\n`;

/** Sends as much of it as is taken, again and again. */
function flood(socket: Socket, requests: string): void {
  const send = (): void => {
    while (!socket.destroyed && socket.write(requests));
  };
  socket.on('drain', send);
  send();
}

describe('a client that sends requests without waiting for replies', () => {
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await closeServers();
  });

  async function open(): Promise<Socket> {
    const socket = await openConnection((await subject).port);
    sockets.push(socket);
    return socket;
  }

  let subject: ReturnType<typeof serve>;

  it('has one of them answered at a time, and those of others are answered meanwhile', async () => {
    subject = serve();
    const server = await subject;
    let underWay = 0;
    let most = 0;
    let answered = 0;
    server.announce = async () => {
      most = Math.max(most, ++underWay);
      await delay(1);
      underWay--;
      answered++;
      return result('x');
    };
    const socket = await open();
    socket.resume();
    socket.write(announce.repeat(500));
    await eventually('100 replies', 8000, () => answered >= 100);
    await exchange(server.port, request('GET /health'));
    await eventually('all replies', 8000, () => answered >= 500);
    expect(most).to.equal(1);
  });

  it('has the next one begun when the reply is there, though it comes while the one before is answered', async () => {
    subject = serve();
    const server = await subject;
    const waiting: (() => void)[] = [];
    let begun = 0;
    server.announce = async () => {
      begun++;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return result('x');
    };
    const socket = await open();
    socket.resume();
    for (const expected of [1, 2, 3]) {
      socket.write(announce);
      await eventually('a request that is begun', 8000, () => begun >= expected);
      for (let more = 0; more < 3; more++) {
        socket.write(announce);
        await delay(10);
      }
      expect(begun).to.equal(expected);
      waiting.shift()?.();
    }
    for (let answered = 3; answered < 12; answered++) {
      await eventually('the next request', 8000, () => waiting.length > 0);
      expect(begun).to.equal(answered + 1);
      waiting.shift()?.();
    }
  });

  it('is not read any more if it reads no replies, and then cut', async () => {
    subject = serve({ requestTimeoutMs: 500, maxConnections: 1 });
    const server = await subject;
    let answered = 0;
    server.announce = () => {
      answered++;
      return Promise.resolve(result('x'.repeat(100_000)));
    };
    const socket = await open();
    socket.pause();
    flood(socket, announce.repeat(1000));
    await delay(300);
    const before = answered;
    // As much as the system keeps for a connection, and the one reply that waits.
    expect(before).to.be.within(1, 200);
    await eventually('room for another client', 8000, async () =>
      (await exchange(server.port, request('GET /health'))).includes('200 OK'),
    );
    expect(answered).to.equal(before);
  });

  it('has at most 800 swarms of scrapes read at once, over all its connections', async () => {
    subject = serve();
    const server = await subject;
    let underWay = 0;
    let most = 0;
    let answered = 0;
    server.scrape = async () => {
      most = Math.max(most, ++underWay);
      await delay(30);
      underWay--;
      answered++;
      return result('x');
    };
    for (let i = 0; i < 40; i++) flood((await open()).resume(), scrape.repeat(5));
    await eventually('100 scrapes', 8000, () => answered >= 100);
    await expectGoodAnnounce(server);
    expect(most).to.be.within(2, 8);
  });

  it('has at most one more request of each connection worked on when it is gone', async () => {
    subject = serve();
    const server = await subject;
    let begun = 0;
    server.scrape = async () => {
      begun++;
      await delay(5);
      return result('x');
    };
    const connections = 60;
    for (let i = 0; i < connections; i++) flood((await open()).pause(), scrape.repeat(20));
    await eventually('a scrape', 8000, () => begun > 0);
    const atFirst = begun;
    for (const socket of sockets.splice(0)) socket.resetAndDestroy();
    await eventually('room in the queue', 8000, async () => {
      const before = begun;
      await delay(300);
      return begun === before;
    });
    expect(begun - atFirst).to.be.at.most(connections);
  });
});

describeWith([linux], 'an attack of 100 connections that pipeline scrapes and never read', () => {
  it('leaves /health and the memory as they were', async () => {
    const tracker = await startTracker();
    try {
      const atFirst = await privateMemory(tracker.pid);
      const sockets = await Promise.all(Array.from({ length: 100 }, () => openConnection(tracker.port)));
      for (const socket of sockets) flood(socket.pause(), scrape.repeat(20));
      await delay(3000);
      const during = await privateMemory(tracker.pid);
      for (const socket of sockets) socket.destroy();
      const startMs = performance.now();
      const reply = await exchange(tracker.port, request('GET /health'));
      expect(performance.now() - startMs, 'milliseconds until /health').to.be.below(1000);
      expect(reply).to.match(/^HTTP\/1\.1 200/);
      expect(during - atFirst, 'bytes more').to.be.below(heapSlack(150));
    } finally {
      await tracker.dispose();
    }
  }).timeout(90_000);
});
