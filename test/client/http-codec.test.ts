import { expect } from 'chai';
import fc from 'fast-check';

import { announceUrl, readAnnounceReply, readScrapeReply, scrapeUrl } from '../../lib/client/http-codec.js';
import { TrackerError } from '../../lib/client/tracker-error.js';
import { encodeAnnounceReply, encodeFailure, encodeScrapeReply } from '../../lib/http/replies.js';
import { parseAnnounce, parseScrape } from '../../lib/http/requests.js';
import { announces, bytes, expectRead, expectTrackerErrorsOnly, mutated, someAnnounce } from './support.js';

const FROM = Uint8Array.of(192, 0, 2, 1);

const announceReply = {
  interval: 1800,
  minInterval: 900,
  complete: 3,
  incomplete: 4,
  peers: {
    v4: Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1),
    v6: Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1, 0x1a, 0xe1]),
  },
  externalIp: FROM,
};

describe('a client over HTTP', () => {
  it('announces what a tracker reads as the same, for all bytes and numbers', () => {
    fc.assert(
      fc.property(announces(200), (sent) => {
        const url = announceUrl(new URL('http://tracker.example/announce'), sent);
        const read = parseAnnounce(url.search.slice(1), FROM);
        expectRead(read, sent, { compact: true });
      }),
    );
  });

  it('scrapes the infohashes that a tracker reads, for all bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes(20), { minLength: 1, maxLength: 40 }), (infohashes) => {
        const url = scrapeUrl(new URL('http://tracker.example/announce'), infohashes);
        expect(parseScrape(url.search.slice(1), 100).map((hash) => [...hash])).to.deep.equal(
          infohashes.map((hash) => [...hash]),
        );
      }),
    );
  });

  it('keeps the path and query of an announce URL, as private trackers have a key there', () => {
    const { href } = announceUrl(new URL('http://tracker.example/secret/announce?key=1'), someAnnounce);
    expect(href).to.match(/^http:\/\/tracker\.example\/secret\/announce\?key=1&info_hash=/);
  });

  for (const [given, path] of [
    ['http://t.example/announce', '/scrape'],
    ['http://t.example/x/announce.php?passkey=1', '/x/scrape.php'],
    ['http://t.example/announce/announce', '/announce/scrape'],
  ] as const) {
    it(`scrapes ${given} at ${path} (BEP 48)`, () => {
      expect(scrapeUrl(new URL(given), [Buffer.alloc(20)]).pathname).to.equal(path);
    });
  }

  for (const given of ['http://t.example/', 'http://t.example/a', 'http://t.example/announce/x']) {
    it(`says that ${given} has no scrape`, () => {
      expect(() => scrapeUrl(new URL(given), [Buffer.alloc(20)])).to.throw(TrackerError, 'no scrape');
    });
  }

  it('reads counts, compact peers of both families, and its own address', () => {
    expect(readAnnounceReply(encodeAnnounceReply(announceReply, true))).to.deep.equal({
      interval: 1800,
      minInterval: 900,
      seeders: 3,
      leechers: 4,
      downloads: undefined,
      peers: ['192.0.2.7:6881', '[2001:db8::1]:6881'],
      externalAddress: '192.0.2.1',
      warning: undefined,
    });
  });

  it('reads peers as dictionaries, and a warning', () => {
    const reply = 'd8:intervali60e5:peersld2:ip9:192.0.2.74:porti6881eei5ee15:warning message4:slowe';
    expect(readAnnounceReply(Buffer.from(reply))).to.include({ warning: 'slow', seeders: undefined });
    expect(readAnnounceReply(Buffer.from(reply)).peers).to.deep.equal(['192.0.2.7:6881']);
  });

  it('gives the words of a tracker that refuses', () => {
    for (const read of [readAnnounceReply, (body: Buffer) => readScrapeReply(body, [])]) {
      expect(() => read(encodeFailure('not here')))
        .to.throw(TrackerError, 'not here')
        .with.property('kind', 'refused');
    }
  });

  it('reads the counts of each infohash, whatever their order, and which are left out', () => {
    const [one, two, three] = [Buffer.alloc(20, 1), Buffer.alloc(20, 0xff), Buffer.alloc(20, 3)];
    const swarms = [
      { infohash: two, complete: 1, downloaded: 2, incomplete: 3, downloaders: 3 },
      { infohash: one, complete: 4, downloaded: 5, incomplete: 6, downloaders: 6 },
    ];
    const reply = encodeScrapeReply({ swarms, minRequestInterval: 900 });
    expect(readScrapeReply(reply, [one, two, three])).to.deep.equal([
      { seeders: 4, downloads: 5, leechers: 6 },
      { seeders: 1, downloads: 2, leechers: 3 },
      undefined,
    ]);
  });

  it('says of whatever else comes that it is no reply, and fails in no other way', () => {
    const infohash = Buffer.alloc(20, 1);
    const scraped = { infohash, complete: 1, downloaded: 2, incomplete: 3, downloaders: 3 };
    const replies = [
      encodeAnnounceReply(announceReply, true),
      encodeAnnounceReply(announceReply, false),
      encodeScrapeReply({ swarms: [scraped], minRequestInterval: 1 }),
      encodeFailure('no', 5),
    ];
    fc.assert(
      fc.property(mutated(replies), (body) => {
        expectTrackerErrorsOnly(() => readAnnounceReply(body));
        expectTrackerErrorsOnly(() => readScrapeReply(body, [infohash]));
      }),
      { numRuns: 2000 },
    );
  });
});
