import { expect } from 'chai';

import { memoryOf } from '../../bench/support/process-memory.js';
import { Cleanup } from '../support/cleanup.js';
import { seededBytes, seededRandom } from '../support/seeded-random.js';
import { startTracker, type Settings, type TrackerProcess } from '../support/tracker-process.js';
import {
  announceRequest,
  connectRequest,
  readAnnounceReply,
  scrapeRequest,
  someInfohash,
} from '../udp/client.js';
import { UdpClient } from '../udp/socket-client.js';

describe('npm start over UDP', function () {
  this.timeout(120_000);
  const atEnd = new Cleanup();

  afterEach(() => atEnd.run());

  async function start(settings: Settings = {}): Promise<TrackerProcess> {
    const tracker = await startTracker(settings);
    atEnd.add(() => tracker.dispose());
    return tracker;
  }

  async function client(tracker: TrackerProcess, own?: string): Promise<UdpClient> {
    const opened = await UdpClient.open(tracker.port, '127.0.0.1', own);
    atEnd.add(() => opened.close());
    return opened;
  }

  it('answers on the port of HTTP, in the same swarms, and says so', async () => {
    const tracker = await start();
    await (await client(tracker)).announce({ left: 0n });
    const escaped = someInfohash.toString('hex').replace(/../g, '%$&');
    const reply = await fetch(`${tracker.url()}/scrape?info_hash=${escaped}`);
    expect(await reply.text()).to.include('8:completei1e');
    expect(tracker.program.stdout).to.include(`udp://localhost:${tracker.port}/announce`);
  });

  it('does not with UDP=off', async () => {
    const tracker = await start({ UDP: 'off' });
    expect(await (await client(tracker)).request(connectRequest(), 1000)).to.equal(undefined);
    expect(tracker.program.stdout).to.not.include('udp://');
  });

  it('has stored what it has answered when it is stopped, and when it is killed', async () => {
    const tracker = await start({ UDP_SECRET: 'a secret of the tests' });
    const peer = await client(tracker);
    for (const end of ['stop', 'kill9'] as const) {
      const id = await peer.connect();
      let answered = 0;
      const announces = Array.from({ length: 200 }, async (_, i) => {
        const peerId = Buffer.alloc(20, `${end}${i}`);
        const reply = await peer.request(announceRequest(id, { peerId, port: 7001 + i }), 1000);
        if (reply !== undefined) answered++;
      });
      const exit = await tracker[end]();
      if (end === 'stop') expect(exit.status).to.equal(0);
      await Promise.all(announces);
      await tracker.restart({ UDP_SECRET: 'a secret of the tests' });
      const [counts] = await peer.scrape([someInfohash]);
      expect(counts?.leechers, `after ${end}`).to.be.at.least(answered);
      // With a secret of its own the process takes the ids of the one before.
      readAnnounceReply((await peer.ask(announceRequest(id))).bytes);
    }
  });

  it('is silent to the ids of the process before, and gives new ones', async () => {
    const tracker = await start();
    const peer = await client(tracker);
    const id = await peer.connect();
    await tracker.stop();
    await tracker.restart();
    expect(await peer.request(announceRequest(id), 700)).to.equal(undefined);
    await peer.announce();
  });

  it('answers others as before while one address floods it', async () => {
    const tracker = await start({ ADDRESS_RATE: '200', ADDRESS_BURST: '200' });
    const flooder = await client(tracker, '127.0.0.66');
    const other = await client(tracker, '127.0.0.7');
    const quiet = await medianMs(other);
    const id = await flooder.connect();
    const datagrams = [connectRequest(), announceRequest(Buffer.alloc(8, 1)), announceRequest(id)];
    const flood = setInterval(() => {
      for (let i = 0; i < 60; i++) for (const datagram of datagrams) flooder.send(datagram);
    }, 5);
    try {
      const flooded = await medianMs(other);
      // This process, which makes the flood, takes its part of the time.
      expect(flooded, `without flood ${quiet} ms`).to.be.below(20 * quiet + 50);
    } finally {
      clearInterval(flood);
    }
  });

  it('stays as it is under datagrams that are no requests', async () => {
    const tracker = await start({ ADDRESS_RATE: '0' });
    const peer = await client(tracker);
    const random = seededRandom(77);
    const id = await peer.connect();
    const seeds = [connectRequest(), announceRequest(id), scrapeRequest(id, [someInfohash])];
    const many = Number(process.env['DATAGRAMS'] ?? 10_000);
    let before = 0;
    for (let i = 0; i < many; i++) {
      const datagram = Buffer.from(seeds[i % seeds.length] ?? Buffer.alloc(0));
      const at = Math.floor(random() * datagram.length);
      datagram.set(seededBytes(random, Math.min(2, datagram.length - at)), at);
      peer.send(datagram.subarray(0, random() < 0.2 ? at : datagram.length));
      if (i % 100 === 0) await peer.ask(connectRequest());
      if (i === many / 2) before = memoryOf(tracker.pid).anonymous;
    }
    await peer.announce();
    expect((memoryOf(tracker.pid).anonymous - before) / 2 ** 20, 'MiB more').to.be.below(64);
    expect(tracker.program.stderr).to.equal('');
  });
});

/** The median time of an announce, connect included. */
async function medianMs(peer: UdpClient): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 41; i++) {
    const start = performance.now();
    await peer.announce();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[20] ?? NaN;
}
