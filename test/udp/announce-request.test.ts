import parseUdpRequest from 'bittorrent-tracker/lib/server/parse-udp.js';
import { expect } from 'chai';
import fc from 'fast-check';

import { formatAddress } from '../../lib/bittorrent/address.js';
import { ClientError } from '../../lib/bittorrent/errors.js';
import { parseAnnounce } from '../../lib/udp/announce-request.js';
import { parseScrape } from '../../lib/udp/scrape-request.js';
import { defined } from '../support/defined.js';
import '../support/property-size.js';
import { announceRequest, connectRequest, scrapeRequest, urlData, type Announce } from './client.js';
import { v4, v6 } from './udp-harness.js';

/** What the other reader takes for a connection id. */
const id = connectRequest(0).subarray(0, 8);

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.nat(2 ** 32 - 1);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const announces = fc.record({
  infohash: bytes(20),
  peerId: bytes(20),
  downloaded: u64,
  left: fc.oneof(u64, fc.constant(0n), fc.constant(2n ** 64n - 1n)),
  uploaded: u64,
  event: fc.nat(4),
  ip: fc.oneof(u32, fc.constant(0)),
  key: u32,
  numwant: fc.oneof(fc.nat(82), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  port: fc.integer({ min: 1, max: 65_535 }),
});

describe('an announce over UDP', () => {
  it('is read as the npm package bittorrent-tracker reads it', () => {
    fc.assert(
      fc.property(announces, u32, (announce, transaction) => {
        const datagram = announceRequest(id, announce, transaction);
        const other = parseUdpRequest(datagram, { address: '192.0.2.1', port: 1 });
        const ours = parseAnnounce(datagram, v4(1));
        expect(Buffer.from(ours.infohash).toString('hex')).to.equal(other.info_hash);
        expect(Buffer.from(ours.peerId).toString('hex')).to.equal(other.peer_id);
        // That package reads larger numbers wrongly.
        if (announce.left < 2n ** 31n) expect(ours.left).to.equal(other.left);
        expect(ours.event).to.equal(other.event === 'update' ? 'none' : other.event);
        expect(ours.port).to.equal(other.port);
        if (announce.ip === 0) expect(other.ip).to.equal('192.0.2.1');
        // That package has no more than 82 peers in a reply, and takes 0 for its default.
        if (announce.numwant > 0 && announce.numwant <= 82) expect(ours.numwant).to.equal(other.numwant);
      }),
    );
  });

  it('is read as it was written, whatever follows it', () => {
    fc.assert(
      fc.property(announces, fc.uint8Array({ maxLength: 300 }), (announce, options) => {
        const ours = parseAnnounce(announceRequest(id, { ...announce, options }), v4(1));
        expect(Buffer.from(ours.infohash)).to.deep.equal(Buffer.from(announce.infohash));
        expect(Buffer.from(ours.peerId)).to.deep.equal(Buffer.from(announce.peerId));
        expect(ours.left).to.equal(Number(announce.left > MAX_SAFE ? MAX_SAFE : announce.left));
        expect(ours.port).to.equal(announce.port);
        const [a, b, c, d] = [24, 16, 8, 0].map((bits) => (announce.ip >>> bits) & 0xff);
        const claimed = ours.claimedAddress;
        expect(claimed === undefined ? '0.0.0.0' : formatAddress(claimed)).to.equal(`${a}.${b}.${c}.${d}`);
        expect(ours).to.include({ front: 'udp', withIds: false });
      }),
    );
  });

  it('wants the default for -1, none for 0, and never more than fit into a packet', () => {
    const numwantOf = (numwant: number, from: Uint8Array): number | undefined =>
      parseAnnounce(announceRequest(id, { numwant }), from).numwant;
    expect(numwantOf(-1, v4(1))).to.equal(undefined);
    expect(numwantOf(-2, v4(1))).to.equal(undefined);
    expect(numwantOf(0, v4(1))).to.equal(0);
    expect(numwantOf(1_000_000, v4(1))).to.equal(242);
    expect(numwantOf(1_000_000, v6(1))).to.equal(79);
  });

  it('that is too short, or has port 0, is refused in words', () => {
    const datagram = announceRequest(id);
    expect(() => parseAnnounce(datagram.subarray(0, 97), v4(1))).to.throw(ClientError, 'too short');
    expect(() => parseAnnounce(announceRequest(id, { port: 0 }), v4(1))).to.throw(ClientError, 'port');
  });
});

describe('the path of an announce URL over UDP (BEP 41)', () => {
  const passkey = (options: Uint8Array): string | undefined => {
    const announce: Announce = { options };
    return parseAnnounce(announceRequest(id, announce), v4(1)).passkey;
  };

  it('has the passkey', () => {
    expect(passkey(urlData('/0123abcd/announce'))).to.equal('0123abcd');
    expect(passkey(urlData('/0123abcd/announce?x=1'))).to.equal('0123abcd');
    expect(passkey(urlData('/announce'))).to.equal(undefined);
    expect(passkey(urlData('/a/b/announce'))).to.equal(undefined);
    expect(passkey(urlData('/announce?key=0123abcd'))).to.equal(undefined);
    expect(passkey(Buffer.alloc(0))).to.equal(undefined);
  });

  it('may come in several parts, between options that say nothing', () => {
    const target = Buffer.from('/0123abcd/announce');
    const part = (start: number, end: number): Buffer =>
      Buffer.concat([Buffer.from([2, end - start]), target.subarray(start, end)]);
    const options = Buffer.concat([
      Buffer.from([1, 1, 0xff, 3, 9, 9, 9]),
      part(0, 5),
      Buffer.from([1]),
      part(5, target.length),
    ]);
    expect(passkey(options)).to.equal('0123abcd');
    expect(passkey(urlData(`/${'k'.repeat(128)}/announce?${'x'.repeat(600)}`))).to.equal('k'.repeat(128));
  });

  it('ends with the options, and before one that is cut off', () => {
    const ended = Buffer.concat([Buffer.from([0]), urlData('/0123abcd/announce')]);
    expect(passkey(ended)).to.equal(undefined);
    const cut = urlData('/0123abcd/announce');
    expect(passkey(cut.subarray(0, cut.length - 5))).to.equal(undefined);
  });
});

describe('a scrape over UDP', () => {
  it('is read as the npm package bittorrent-tracker reads it', () => {
    fc.assert(
      fc.property(fc.array(bytes(20), { minLength: 1, maxLength: 74 }), (infohashes) => {
        const datagram = scrapeRequest(id, infohashes);
        const other = parseUdpRequest(datagram, { address: '192.0.2.1', port: 1 }).info_hash;
        expect(parseScrape(datagram, 100).map((infohash) => infohash.toString('hex'))).to.deep.equal(other);
      }),
    );
  });

  it('has at most 74 infohashes, and as many as the tracker answers', () => {
    const infohashes = Array.from({ length: 100 }, (_, i) => Buffer.alloc(20, i));
    expect(parseScrape(scrapeRequest(id, infohashes), 1000)).to.deep.equal(infohashes.slice(0, 74));
    expect(parseScrape(scrapeRequest(id, infohashes), 10)).to.deep.equal(infohashes.slice(0, 10));
  });

  it('without a whole infohash is refused in words', () => {
    const datagram = scrapeRequest(id, [defined(Buffer.alloc(20))]);
    expect(() => parseScrape(datagram.subarray(0, 35), 100)).to.throw(ClientError, 'missing info_hash');
  });
});
