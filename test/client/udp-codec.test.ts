import { expect } from 'chai';
import fc from 'fast-check';

import { TrackerError } from '../../lib/client/tracker-error.js';
import {
  answers,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  readAnnounceReply,
  readConnectReply,
  readScrapeReply,
} from '../../lib/client/udp-codec.js';
import { parseAnnounce } from '../../lib/udp/announce-request.js';
import { encodeAnnounceReply, encodeError, encodeScrapeReply } from '../../lib/udp/replies.js';
import { parseScrape } from '../../lib/udp/scrape-request.js';
import { readUrlData } from '../../lib/udp/url-data.js';
import { connectRequest } from '../udp/client.js';
import { announces, bytes, expectRead, expectTrackerErrorsOnly, mutated, someAnnounce } from './support.js';

const FROM = Uint8Array.of(192, 0, 2, 1);
const ID = Buffer.from('0123456789abcdef', 'hex');
const TRANSACTION = 0xfedcba98;

function announceRequest(target = ''): Buffer {
  return encodeAnnounce(ID, TRANSACTION, someAnnounce, { key: 0xffffffff, target });
}

const peers = { v4: Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1), v6: Buffer.alloc(18, 1) };
const reply = { interval: 1800, minInterval: 900, complete: 3, incomplete: 4, peers, externalIp: FROM };

describe('a client over UDP', () => {
  it('connects with the bytes of BEP 15', () => {
    expect(encodeConnect(TRANSACTION)).to.deep.equal(connectRequest(TRANSACTION));
  });

  it('announces what a tracker reads as the same, for all bytes and numbers', () => {
    fc.assert(
      fc.property(announces(74), fc.nat({ max: 0xffffffff }), (sent, key) => {
        const datagram = encodeAnnounce(ID, TRANSACTION, sent, { key, target: '' });
        expect([datagram.length, datagram.subarray(0, 8)]).to.deep.equal([98, ID]);
        expect(datagram.readUInt32BE(88)).to.equal(key);
        const read = parseAnnounce(datagram, FROM);
        expectRead(read, sent, { claimedAddress: undefined });
      }),
    );
  });

  it('sends the path and query of the URL, however long (BEP 41)', () => {
    for (const target of ['/announce', `/${'k'.repeat(600)}/announce?x=1`]) {
      expect(readUrlData(announceRequest(target), 98)).to.equal(target);
    }
    expect(announceRequest('/')).to.have.length(98);
  });

  it('scrapes the infohashes that a tracker reads', () => {
    fc.assert(
      fc.property(fc.array(bytes(20), { minLength: 1, maxLength: 74 }), (infohashes) => {
        const read = parseScrape(encodeScrape(ID, TRANSACTION, infohashes), 74);
        expect(read.map((hash) => [...hash])).to.deep.equal(infohashes.map((hash) => [...hash]));
      }),
    );
  });

  it('knows the reply to its request by the transaction', () => {
    const datagram = encodeError(announceRequest(), 'no');
    expect(answers(datagram, TRANSACTION)).to.equal(true);
    expect(answers(datagram, TRANSACTION - 1)).to.equal(false);
    expect(answers(datagram.subarray(0, 7), TRANSACTION)).to.equal(false);
  });

  it('reads counts, and peers of the family of the tracker', () => {
    const v4 = readAnnounceReply(encodeAnnounceReply(announceRequest(), FROM, reply), 4);
    expect(v4).to.deep.include({ interval: 1800, seeders: 3, leechers: 4, peers: ['192.0.2.7:6881'] });
    const v6 = readAnnounceReply(encodeAnnounceReply(announceRequest(), Buffer.alloc(16), reply), 6);
    expect(v6.peers).to.deep.equal(['[101:101:101:101:101:101:101:101]:257']);
  });

  it('reads counts in the order of the request, and which are left out', () => {
    const infohashes = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)];
    const swarms = infohashes.map((infohash, i) => ({
      infohash,
      complete: i,
      downloaded: 10 + i,
      incomplete: 20 + i,
      downloaders: 20 + i,
    }));
    const datagram = encodeScrapeReply(announceRequest(), infohashes, { swarms, minRequestInterval: 1 });
    expect(readScrapeReply(datagram, 3)).to.deep.equal([
      { seeders: 0, downloads: 10, leechers: 20 },
      { seeders: 1, downloads: 11, leechers: 21 },
      undefined,
    ]);
  });

  it('gives the words of a tracker that refuses, without the zeros that some send behind them', () => {
    const datagram = encodeError(announceRequest(), 'not here\0');
    for (const read of [
      () => readConnectReply(datagram),
      () => readAnnounceReply(datagram, 4),
      () => readScrapeReply(datagram, 1),
    ]) {
      expect(read)
        .to.throw(TrackerError, /^not here$/)
        .with.property('kind', 'refused');
    }
  });

  it('says of whatever else comes that it is no reply, and fails in no other way', () => {
    const infohashes = [Buffer.alloc(20, 1)];
    const replies = [
      encodeAnnounceReply(announceRequest(), FROM, reply),
      encodeScrapeReply(announceRequest(), infohashes, { swarms: [], minRequestInterval: 1 }),
      encodeError(announceRequest(), 'no'),
      Buffer.alloc(16),
    ];
    fc.assert(
      fc.property(mutated(replies), (datagram) => {
        answers(datagram, TRANSACTION);
        expectTrackerErrorsOnly(() => readConnectReply(datagram));
        expectTrackerErrorsOnly(() => readAnnounceReply(datagram, 4));
        expectTrackerErrorsOnly(() => readAnnounceReply(datagram, 6));
        expectTrackerErrorsOnly(() => readScrapeReply(datagram, 74));
      }),
      { numRuns: 2000 },
    );
  });
});
