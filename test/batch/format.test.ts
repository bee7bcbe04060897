import { expect } from 'chai';
import fc from 'fast-check';

import { BatchFormatError } from '../../lib/batch/bytes.js';
import { BatchVersionError, emptyBatch, joinParts, splitParts } from '../../lib/batch/format.js';
import {
  decodeAnnounceReply,
  decodeScrapeReply,
  encodeAnnounceReply,
  encodeFailure,
  encodeScrapeReply,
} from '../../lib/batch/replies.js';
import { decodeRequest, encodeAnnounceRequest, encodeScrapeRequest } from '../../lib/batch/requests.js';
import type { AnnounceReply, AnnounceRequest } from '../../lib/bittorrent/announce.js';
import { ClientError } from '../../lib/bittorrent/errors.js';
import type { ScrapeReply, ScrapeRequest } from '../../lib/bittorrent/scrape.js';
import '../support/property-size.js';

/** Buffers, as decoded slices are. */
const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const address = fc.oneof(bytes(4), bytes(16));
const u32 = fc.nat(2 ** 32 - 1);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const front = fc.constantFrom('http' as const, 'udp' as const);
const passkey = maybe(fc.stringMatching(/^[\w.~-]{1,255}$/));

const announces: fc.Arbitrary<AnnounceRequest> = fc.record({
  front,
  from: address,
  passkey,
  infohash: bytes(20),
  peerId: bytes(20),
  port: fc.integer({ min: 1, max: 65_535 }),
  uploaded: maybe(fc.maxSafeNat()),
  downloaded: maybe(fc.maxSafeNat()),
  left: maybe(fc.maxSafeNat()),
  event: fc.constantFrom('none', 'started', 'stopped', 'completed', 'paused'),
  numwant: maybe(u32),
  withIds: fc.boolean(),
  claimedAddress: maybe(address),
});
const scrapes: fc.Arbitrary<ScrapeRequest> = fc.record({
  front,
  from: address,
  passkey,
  infohashes: fc.array(bytes(20), { maxLength: 100 }),
});
const announceReplies: fc.Arbitrary<AnnounceReply> = fc
  .tuple(fc.nat(50), fc.nat(50), fc.boolean(), fc.boolean(), address)
  .chain(([many4, many6, withIds4, withIds6, externalIp]) =>
    fc.record({
      interval: u32,
      minInterval: u32,
      complete: u32,
      incomplete: u32,
      peers: fc.record({
        v4: bytes(6 * many4),
        v6: bytes(18 * many6),
        ...(withIds4 ? { ids4: bytes(20 * many4) } : {}),
        ...(withIds6 ? { ids6: bytes(20 * many6) } : {}),
      }),
      externalIp: fc.constant(externalIp),
    }),
  );
const scrapeReplies: fc.Arbitrary<ScrapeReply> = fc.record({
  minRequestInterval: u32,
  swarms: fc.array(
    fc.record({
      infohash: bytes(20),
      complete: u32,
      downloaded: u32,
      incomplete: u32,
      downloaders: u32,
    }),
    { maxLength: 100 },
  ),
});

describe('a batch', () => {
  it('brings every announce and scrape as it was', () => {
    fc.assert(
      fc.property(announces, scrapes, (announce, scrape) => {
        const batch = joinParts([encodeAnnounceRequest(announce), encodeScrapeRequest(scrape)]);
        const requests = splitParts(batch).map((part) => decodeRequest(part));
        expect(requests).to.deep.equal([
          { kind: 'announce', request: announce },
          { kind: 'scrape', request: scrape },
        ]);
      }),
    );
  });

  it('is answered with replies that arrive as they were, and failures in words', () => {
    fc.assert(
      fc.property(announceReplies, scrapeReplies, (announced, scraped) => {
        const answer = joinParts([encodeAnnounceReply(announced), encodeScrapeReply(scraped)]);
        const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = splitParts(answer);
        expect(decodeAnnounceReply(first, announced.externalIp)).to.deep.equal(announced);
        expect(decodeScrapeReply(second)).to.deep.equal(scraped);
      }),
    );
    for (const retryIn of [5, 'never', undefined] as const) {
      try {
        decodeAnnounceReply(encodeFailure('not here', retryIn), Buffer.alloc(4));
        expect.fail('no failure');
      } catch (error) {
        expect(error).to.be.instanceOf(ClientError).and.include({ message: 'not here', retryIn });
      }
    }
  });

  it('of another version, or anything else, is told apart', () => {
    const other = emptyBatch();
    other[3] = 1;
    expect(() => splitParts(other))
      .to.throw(BatchVersionError)
      .with.property('version', 1);
    for (const text of ['', 'TR', 'd14:failure reason46:this tracker only answers through its gatewaye']) {
      expect(() => splitParts(Buffer.from(text)))
        .to.throw(BatchVersionError)
        .with.property('version', undefined);
    }
    expect(splitParts(emptyBatch())).to.deep.equal([]);
  });

  it('that is cut off is refused, wherever it is cut', () => {
    fc.assert(
      fc.property(announces, fc.nat(), (announce, cut) => {
        const part = encodeAnnounceRequest(announce);
        expect(() => decodeRequest(part.subarray(0, cut % part.length))).to.throw(BatchFormatError);
        const batch = joinParts([part]);
        const end = 5 + (cut % (batch.length - 5));
        expect(() => splitParts(batch.subarray(0, end))).to.throw(BatchFormatError);
      }),
    );
  });
});
