import bencode from 'bencode';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ScrapedSwarm } from '../../lib/bittorrent/scrape.js';
import { encodeScrapeReply } from '../../lib/http/scrape-reply.js';
import { decodeCanonical, type Bencoded } from './bencoding.js';

function swarm(fill: number): ScrapedSwarm {
  return { infohash: Buffer.alloc(20, fill), complete: 5, downloaded: 50, incomplete: 10, downloaders: 7 };
}

function encode(swarms: readonly ScrapedSwarm[], minRequestInterval: number): Buffer {
  return encodeScrapeReply({ swarms, minRequestInterval });
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** The dictionary that a reply must hold for this swarm. */
function counts({ complete, downloaded, downloaders, incomplete }: ScrapedSwarm): Bencoded {
  return new Map([
    [hex('complete'), complete],
    [hex('downloaded'), downloaded],
    [hex('downloaders'), downloaders],
    [hex('incomplete'), incomplete],
  ]);
}

describe('encodeScrapeReply', () => {
  it('has a dictionary of counts for each infohash, and the minimum interval in seconds', () => {
    expect(encode([swarm(0x61)], 900).toString('latin1')).to.equal(
      'd5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei5e10:downloadedi50e11:downloadersi7e10:incompletei10eee' +
        '5:flagsd20:min_request_intervali900eee',
    );
  });

  it('has zeros for an unknown torrent', () => {
    const unknown = { infohash: Buffer.alloc(20), complete: 0, downloaded: 0, incomplete: 0, downloaders: 0 };
    expect(encode([unknown], 900).toString('latin1')).to.contain(
      'd8:completei0e10:downloadedi0e11:downloadersi0e10:incompletei0ee',
    );
  });

  it('has empty files for no swarms', () => {
    expect(encode([], 60).toString()).to.equal('d5:filesde5:flagsd20:min_request_intervali60eee');
  });

  it('has the infohashes in byte order, whatever order they come in', () => {
    const reply = encode([swarm(0xff), swarm(0x80), swarm(0x00), swarm(0x7f), swarm(0x0a)], 900);
    const files = (decodeCanonical(reply) as Map<string, Map<string, Bencoded>>).get(hex('files'));
    expect([...(files?.keys() ?? [])]).to.deep.equal(
      ['00', '0a', '7f', '80', 'ff'].map((byte) => byte.repeat(20)),
    );
  });

  it('leaves the order of what it was given alone', () => {
    const swarms = [swarm(2), swarm(1)];
    encode(swarms, 900);
    expect(swarms.map(({ infohash }) => infohash[0])).to.deep.equal([2, 1]);
  });

  it('refuses a number that bencoding or a client cannot take', () => {
    for (const value of [-1, 1.5, NaN]) {
      expect(() => encode([], value)).to.throw(RangeError);
      for (const key of ['complete', 'downloaded', 'incomplete', 'downloaders'] as const) {
        expect(() => encode([{ ...swarm(1), [key]: value }], 900), key).to.throw(RangeError);
      }
    }
  });

  const anySwarms = fc.uniqueArray(
    fc.record({
      infohash: fc.uint8Array({ minLength: 20, maxLength: 20 }),
      complete: fc.maxSafeNat(),
      downloaded: fc.maxSafeNat(),
      incomplete: fc.maxSafeNat(),
      downloaders: fc.maxSafeNat(),
    }),
    { selector: ({ infohash }) => Buffer.from(infohash).toString('hex'), maxLength: 20 },
  );

  it('is canonical bencoding of what it was given', () => {
    fc.assert(
      fc.property(anySwarms, fc.nat(), (swarms, interval) => {
        const key = ({ infohash }: ScrapedSwarm): string => Buffer.from(infohash).toString('hex');
        expect(decodeCanonical(encode(swarms, interval))).to.deep.equal(
          new Map([
            [hex('files'), new Map(swarms.map((each) => [key(each), counts(each)]))],
            [hex('flags'), new Map([[hex('min_request_interval'), interval]])],
          ]),
        );
      }),
    );
  });

  it('is read by the bencode package, with an infohash that is not text as hex', () => {
    const decoded = bencode.decode(encode([swarm(0xff), swarm(0x61)], 900)) as object;
    const expected = { complete: 5, downloaded: 50, downloaders: 7, incomplete: 10 };
    expect(decoded).to.deep.equal({
      files: { ['a'.repeat(20)]: expected, ['ff'.repeat(20)]: expected },
      flags: { min_request_interval: 900 },
    });
  });
});
