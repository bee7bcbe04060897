import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';
import fc from 'fast-check';

import { LiveSwarms } from '../../bench/load/live-swarms.js';
import {
  addressOf,
  announceTarget,
  escapeInfohash,
  infohashOf,
  peerIdOf,
} from '../../bench/load/numbered.js';
import { runOpenLoop } from '../../bench/load/open-loop.js';
import { powerLawSizes } from '../../bench/load/power-law.js';
import { ReplyReader } from '../../bench/load/reply-reader.js';
import { Turns } from '../../bench/load/turns.js';
import { PEERS, peerAt } from '../../bench/load/workload.js';
import { parseAnnounce } from '../../lib/http/requests.js';

describe('The load of the measurements', () => {
  it('has swarms whose sizes by a power law are as many peers as asked for, none empty, the largest first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 10_000 }), (swarms, more) => {
        const sizes = [...powerLawSizes(swarms, swarms + more)];
        expect(sizes).to.have.length(swarms);
        expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(swarms + more);
        expect(Math.min(...sizes)).to.be.at.least(1);
        expect(sizes).to.deep.equal(sizes.toSorted((a, b) => b - a));
      }),
    );
    const [first, second] = powerLawSizes(1000, 18_000);
    expect((first ?? 0) / (second ?? 1)).to.be.within(1.9, 2.1);
  });

  it('gives each peer one turn, and knows when it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (peers) => {
        const turns = new Turns(peers);
        const order = Array.from({ length: peers }, (_, place) => turns.peerAt(place));
        expect(new Set(order).size).to.equal(peers);
        for (const [place, peer] of order.entries()) expect(turns.placeOf(peer)).to.equal(place);
      }),
    );
    const many = new Turns(9_000_000);
    expect(many.placeOf(many.peerAt(8_999_999))).to.equal(8_999_999);
  });

  it('finds the swarm of a peer', () => {
    const live = new LiveSwarms(1000, 60);
    for (let peer = 0; peer < 1000; peer++) {
      const swarm = live.swarmOf(peer);
      expect(live.starts[swarm]).to.be.at.most(peer);
      expect(live.starts[swarm + 1]).to.be.above(peer);
    }
  });

  it('has a stream of announces in which no peer comes twice', () => {
    const seen = new Uint8Array(PEERS);
    let peer = peerAt(0);
    for (let place = 0; place < PEERS; place++) {
      seen[peer] = 1;
      peer = (peer * 1_664_525 + 1_013_904_223) % PEERS;
    }
    expect(seen.includes(0)).to.equal(false);
    expect(peerAt(3)).to.equal((peerAt(2) * 1_664_525 + 1_013_904_223) % PEERS);
  });

  it('announces what the tracker understands', () => {
    const target = announceTarget(escapeInfohash(infohashOf(7)), 70_000);
    const request = parseAnnounce(target.slice(target.indexOf('?') + 1), Uint8Array.of(192, 0, 2, 1));
    expect(Buffer.from(request.infohash)).to.deep.equal(infohashOf(7));
    expect(Buffer.from(request.peerId).toString()).to.equal(peerIdOf(70_000));
    expect(addressOf(70_000)).to.equal('10.1.17.112');
  });

  it('charges a request for the time since it was due, not since it was sent', async () => {
    // Answers one request at a time, the first after a pause: those behind it on the only
    // connection have waited, too.
    let pauseMs = 200;
    const server = createServer((_request, reply) => {
      setTimeout(() => reply.setHeader('Content-Length', 2).end('ok'), pauseMs);
      pauseMs = 0;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const request = (): string => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const isRight = (body: Buffer): boolean => body.toString() === 'ok';
    const result = await runOpenLoop({ port, rate: 100, seconds: 0.1, connections: 1, request, isRight });
    server.close();
    expect(result).to.deep.include({ sent: 10, answered: 10, failures: 0 });
    expect(result.latencies[9]).to.be.at.least(199);
    // The last was due 90 ms after the first.
    expect(result.latencies[0]).to.be.at.least(100);
  });

  it('counts requests that were answered wrongly, or not at all, and ends', async () => {
    const server = createServer((_request, reply) => {
      reply.setHeader('Content-Length', 2).end('no');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const errors = console.error;
    console.error = () => undefined;
    const request = (): string => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const result = await runOpenLoop({
      port,
      rate: 100,
      seconds: 0.1,
      connections: 2,
      request,
      isRight: () => false,
    });
    console.error = errors;
    server.close();
    expect(result).to.deep.include({ answered: 0, failures: 10 });
  });

  it('has another connection in the place of one that the server ends as unused, which is no failure', async () => {
    let opened = 0;
    const server = createServer((_request, reply) => {
      reply.setHeader('Content-Length', 2).end('ok');
    }).listen(0, '127.0.0.1');
    server.on('connection', (socket) => {
      opened++;
      if (opened > 2) return;
      // Between two requests.
      setTimeout(() => socket.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'), 50);
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const complaints: unknown[] = [];
    const errors = console.error;
    console.error = (...said) => complaints.push(said);
    const result = await runOpenLoop({
      port,
      rate: 10,
      seconds: 0.3,
      connections: 3,
      request: () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      isRight: (body) => body.toString() === 'ok',
    });
    console.error = errors;
    server.close();
    expect(result).to.deep.include({ answered: 3, failures: 0 });
    expect(complaints).to.deep.equal([]);
    expect(opened).to.equal(5);
  });

  it('ends with an error when the server is gone', async () => {
    const server = createServer((_request, reply) => {
      reply.destroy();
      server.close();
      server.closeAllConnections();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const request = (): string => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const isRight = (): boolean => true;
    const error: unknown = await runOpenLoop({
      port,
      rate: 100,
      seconds: 5,
      connections: 2,
      request,
      isRight,
    }).catch((reason: unknown) => reason);
    expect(error).to.be.an('error').with.property('code', 'ECONNREFUSED');
  });

  it('reads replies from whatever pieces they come in', () => {
    const reply = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    const reader = new ReplyReader();
    for (let cut = 1; cut < reply.length; cut++) {
      expect(reader.take(reply.subarray(0, cut))).to.equal(undefined);
      expect(reader.take(reply.subarray(cut))?.toString()).to.equal('hello');
    }
    expect(() => reader.take(Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'))).to.throw(
      '404',
    );
  });
});
