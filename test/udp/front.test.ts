import { expect } from 'chai';

import { Refusal } from '../../lib/bittorrent/errors.js';
import type { Policy } from '../../lib/tracker/policy.js';
import { ConnectionIds } from '../../lib/udp/connection-ids.js';
import { leecherAnnounce } from '../support/leecher-announce.js';
import { seededBytes, seededRandom } from '../support/seeded-random.js';
import {
  announceRequest,
  connectRequest,
  readAnnounceReply,
  readConnectReply,
  readError,
  readScrapeReply,
  scrapeRequest,
  someInfohash,
} from './client.js';
import { compact, UdpHarness, v4, v6 } from './udp-harness.js';

/** The peer id of a numbered client. */
function peerId(number: number): Buffer {
  return Buffer.from(`-TE0001-${String(number).padStart(12, '0')}`);
}

describe('a tracker over UDP', () => {
  it('gives a connection id, in as many bytes as it was asked with', async () => {
    const harness = new UdpHarness();
    const reply = await harness.ask(connectRequest(0xdeadbeef));
    expect(reply).to.have.length(16);
    expect(reply.readUInt32BE(4)).to.equal(0xdeadbeef);
    expect(readConnectReply(reply)).to.not.deep.equal(await harness.connect(v4(2)));
  });

  it('answers an announce with the peers that were there before', async () => {
    const harness = new UdpHarness();
    await harness.announce({ peerId: peerId(1), left: 0n, port: 7001 }, v4(1));
    const reply = await harness.announce({ peerId: peerId(2), port: 7002 }, v4(2));
    expect(reply).to.include({ interval: 1800, seeders: 1, leechers: 1 });
    expect(reply.peers).to.deep.equal(compact(v4(1), 7001));
  });

  it('answers with the transaction id of the request', async () => {
    const harness = new UdpHarness();
    const id = await harness.connect();
    const announced = await harness.ask(announceRequest(id, {}, 0x80000001));
    expect(readAnnounceReply(announced).transaction).to.equal(0x80000001);
    expect((await harness.ask(scrapeRequest(id, [someInfohash], 0xffffffff))).readUInt32BE(4)).to.equal(
      0xffffffff,
    );
    expect((await harness.ask(announceRequest(id, { port: 0 }, 7))).readUInt32BE(4)).to.equal(7);
  });

  it('has both address families in one swarm, and shows each client peers of its own', async () => {
    const harness = new UdpHarness();
    await harness.announce({ peerId: peerId(1), port: 7001 }, v4(1));
    await harness.announce({ peerId: peerId(2), port: 7002 }, v6(2));
    const inV4 = await harness.announce({ peerId: peerId(3), port: 7003 }, v4(3));
    const inV6 = await harness.announce({ peerId: peerId(4), port: 7004 }, v6(4));
    expect(inV4.peers).to.deep.equal(compact(v4(1), 7001));
    expect(inV6.peers).to.deep.equal(compact(v6(2), 7002));
    expect(inV6).to.include({ seeders: 0, leechers: 4 });
  });

  it('sends no packet that has to be cut, however many peers are wanted', async () => {
    const harness = new UdpHarness({ NUMWANT_MAX: '1000', NUMWANT_DEFAULT: '1000' });
    for (let i = 1; i <= 300; i++) {
      await harness.announce({ peerId: peerId(i), port: 7001 }, v4(i));
      if (i <= 120) await harness.announce({ peerId: peerId(1000 + i), port: 7001 }, v6(i));
    }
    for (const numwant of [-1, 1000, 2 ** 31 - 1]) {
      const reply4 = await harness.announce({ peerId: peerId(1), numwant, port: 7001 }, v4(1));
      expect(20 + reply4.peers.length, `numwant ${numwant}`).to.be.at.most(1472);
      const reply6 = await harness.announce({ peerId: peerId(1001), numwant, port: 7001 }, v6(1));
      expect(20 + reply6.peers.length, `numwant ${numwant}`).to.be.at.most(1452);
      expect(reply6.peers.length % 18).to.equal(0);
    }
    // Whatever is drawn from both families, no more than fit.
    const { tracker } = harness;
    const request = { from: v4(1), infohash: someInfohash, peerId: peerId(1) };
    const { peers } = await tracker.announce(leecherAnnounce(1, request));
    expect(peers.v4.length, 'the test has more peers than fit').to.be.above(1452);
  });

  it('counts a download once, and forgets who stops', async () => {
    const harness = new UdpHarness();
    const counts = async (): Promise<unknown> => readScrapeReply(await harness.scrape([someInfohash]));
    await harness.announce({ event: 2 });
    await harness.announce({ event: 1, left: 0n });
    await harness.announce({ event: 1, left: 0n });
    expect(await counts()).to.deep.equal([{ seeders: 1, completed: 1, leechers: 0 }]);
    await harness.announce({ event: 3, left: 0n });
    expect(await counts()).to.deep.equal([{ seeders: 0, completed: 1, leechers: 0 }]);
  });

  it('believes the field ip no more than over HTTP: if configured, and from private networks', async () => {
    const peersAfter = async (settings: Record<string, string>, from: Uint8Array): Promise<Buffer> => {
      const harness = new UdpHarness(settings);
      await harness.announce({ peerId: peerId(1), ip: 0xcb007109, port: 7001 }, from);
      return (await harness.announce({ peerId: peerId(2), port: 7002 }, Uint8Array.of(10, 0, 0, 2))).peers;
    };
    const inside = Uint8Array.of(10, 0, 0, 1);
    expect(await peersAfter({}, inside)).to.deep.equal(compact(inside, 7001));
    const on = { TRUST_IP_PARAMETER: 'on' };
    expect(await peersAfter(on, inside)).to.deep.equal(compact(Uint8Array.of(203, 0, 113, 9), 7001));
    expect(await peersAfter(on, v4(1))).to.deep.equal(compact(v4(1), 7001));
  });

  it('scrapes up to 74 torrents in the order of the request, zeros for what it does not know', async () => {
    const harness = new UdpHarness();
    const hashes = Array.from({ length: 80 }, (_, i) => Buffer.alloc(20, i + 1));
    await harness.announce({ infohash: Buffer.alloc(20, 3), left: 0n });
    await harness.announce({ infohash: Buffer.alloc(20, 74) });
    const reply = readScrapeReply(await harness.scrape(hashes));
    expect(reply).to.have.length(74);
    expect(reply[2]).to.deep.equal({ seeders: 1, completed: 0, leechers: 0 });
    expect(reply[73]).to.deep.equal({ seeders: 0, completed: 0, leechers: 1 });
    expect(reply.filter(({ seeders, leechers }) => seeders + leechers > 0)).to.have.length(2);
  });

  it('keeps that order where the policy refuses some, and tells no counts of those', async () => {
    const policy: Policy = {
      announce: () => undefined,
      scrape: (infohash) => (infohash[0] === 2 ? new Refusal('list', 'not here') : undefined),
    };
    const harness = new UdpHarness({}, {}, { policy });
    for (const byte of [1, 2, 3]) await harness.announce({ infohash: Buffer.alloc(20, byte) });
    const reply = readScrapeReply(await harness.scrape([1, 2, 3, 2].map((byte) => Buffer.alloc(20, byte))));
    expect(reply.map(({ leechers }) => leechers)).to.deep.equal([1, 0, 1, 0]);
  });

  it('says why it refuses, in fixed words', async () => {
    const policy: Policy = {
      announce: () => new Refusal('list', 'this torrent is not allowed here', 'never'),
      scrape: () => undefined,
    };
    const harness = new UdpHarness({}, {}, { policy });
    const id = await harness.connect();
    expect(readError(await harness.ask(announceRequest(id)))).to.equal('this torrent is not allowed here');
    expect(readError(await harness.ask(announceRequest(id, { port: 0 })))).to.equal('port is 0');
    expect(readError(await harness.ask(announceRequest(id).subarray(0, 97)))).to.match(/too short/);
    expect(readError(await harness.ask(scrapeRequest(id, [])))).to.equal('missing info_hash');
  });

  it('says that it is busy when the store cannot be reached, and nothing else of why', async () => {
    const harness = new UdpHarness({}, { fault: () => 'before' });
    const id = await harness.connect();
    expect(readError(await harness.ask(announceRequest(id)))).to.equal(
      'the tracker is busy, try again later',
    );
    expect(harness.front.openRequests).to.equal(0);
  });

  it('takes ids of a process that shares its secret, and of none other', async () => {
    const secret = Buffer.alloc(16, 9);
    const [first, second] = [new UdpHarness({}, {}, {}, secret), new UdpHarness({}, {}, {}, secret)];
    const id = await first.connect();
    readAnnounceReply(await second.ask(announceRequest(id)));
    expect(await new UdpHarness().send(announceRequest(id))).to.equal(undefined);
  });

  it('is silent to ids that are made up, of another address, or too old', async () => {
    const harness = new UdpHarness();
    const id = await harness.connect(v4(1));
    expect(await harness.send(announceRequest(Buffer.alloc(8)), v4(1))).to.equal(undefined);
    expect(await harness.send(announceRequest(id), v4(2))).to.equal(undefined);
    expect(await harness.send(announceRequest(connectRequest().subarray(0, 8)), v4(1))).to.equal(undefined);
    harness.pass(120);
    readAnnounceReply(await harness.ask(announceRequest(id), v4(1)));
    harness.pass(1);
    expect(await harness.send(announceRequest(id), v4(1))).to.equal(undefined);
    expect(harness.front.counts.wrongIds).to.equal(4);
    expect(harness.store.operations.put).to.equal(1);
  });

  it('is silent to whoever is faster than ADDRESS_RATE, and answers the others', async () => {
    const harness = new UdpHarness({ ADDRESS_RATE: '5', ADDRESS_BURST: '5' });
    const [mine, others] = [await harness.connect(v4(1)), await harness.connect(v4(2))];
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => harness.send(announceRequest(mine), v4(1))),
    );
    expect(replies.filter((reply) => reply !== undefined)).to.have.length(5);
    readAnnounceReply(await harness.ask(announceRequest(others), v4(2)));
    expect(harness.front.counts.tooFast).to.equal(15);
  });

  it('lets no wrong id use up the rate of the address that it is said to come from', async () => {
    const harness = new UdpHarness({ ADDRESS_RATE: '5', ADDRESS_BURST: '5' });
    for (let i = 0; i < 100; i++) await harness.send(announceRequest(Buffer.alloc(8, i)), v4(1));
    await harness.announce({}, v4(1));
  });

  it('is silent while UDP_MAX_OPEN requests wait for the store', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const harness = new UdpHarness({ UDP_MAX_OPEN: '2' }, { schedule: () => held });
    const id = await harness.connect();
    const waiting = [harness.send(announceRequest(id)), harness.send(announceRequest(id))];
    expect(harness.front.openRequests).to.equal(2);
    expect(await harness.send(announceRequest(id))).to.equal(undefined);
    expect(harness.front.counts.tooMany).to.equal(1);
    release();
    for (const reply of await Promise.all(waiting)) expect(reply).to.not.equal(undefined);
    readAnnounceReply(await harness.ask(announceRequest(id)));
  });

  it('answers no datagram without a right id with more bytes than it has, whatever is in it', async function () {
    this.timeout(60_000);
    const harness = new UdpHarness({ ADDRESS_RATE: '0' });
    const random = seededRandom(41);
    const id = await harness.connect();
    const seeds = [
      connectRequest(),
      announceRequest(id),
      announceRequest(id, { options: Buffer.from([2, 30, 47, 1, 0]) }),
      scrapeRequest(id, [someInfohash, someInfohash]),
      Buffer.alloc(0),
      seededBytes(random, 2000),
    ];
    const rightIds = new Set<string>();
    for (let i = 0; i < Number(process.env['MUTATIONS'] ?? 20_000); i++) {
      const datagram = mutated(seeds[i % seeds.length] ?? Buffer.alloc(0), random);
      const reply = await harness.send(datagram);
      if (reply === undefined) continue;
      const isConnect = datagram.readUInt32BE(8) === 0;
      if (!isConnect && datagram.subarray(0, 8).equals(id)) rightIds.add(datagram.toString('hex', 8, 12));
      else expect(reply.length, datagram.toString('hex')).to.be.at.most(datagram.length);
      expect(reply.length).to.be.at.most(1472);
    }
    expect(rightIds, 'both kinds of requests were answered').to.include.members(['00000001', '00000002']);
    expect(harness.front.openRequests).to.equal(0);
    expect(harness.log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});

describe('connection ids of a front', () => {
  it('date from its clock', async () => {
    const secret = Buffer.alloc(16, 5);
    const harness = new UdpHarness({}, {}, {}, secret);
    const id = Buffer.alloc(8);
    new ConnectionIds(secret).write(v4(1), harness.milliseconds - 121_000, id, 0);
    expect(await harness.send(announceRequest(id))).to.equal(undefined);
    new ConnectionIds(secret).write(v4(1), harness.milliseconds - 119_000, id, 0);
    readAnnounceReply(await harness.ask(announceRequest(id)));
  });
});

/** Some bytes changed, cut off or added. */
function mutated(seed: Buffer, random: () => number): Buffer {
  let bytes = Buffer.from(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let left = below(5); left > 0; left--) {
    switch (below(4)) {
      case 0:
        if (bytes.length > 0) bytes[below(bytes.length)] = below(256);
        break;
      case 1:
        bytes = Buffer.from(bytes.subarray(0, below(bytes.length + 1)));
        break;
      case 2:
        bytes = Buffer.concat([bytes, seededBytes(random, below(60))]);
        break;
      default:
        // The fields behind the id are where it matters.
        if (bytes.length > 16) bytes[8 + below(8)] = below(4);
    }
  }
  return bytes;
}
