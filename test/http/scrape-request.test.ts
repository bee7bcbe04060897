import { expect } from 'chai';
import fc from 'fast-check';
import { parseScrape } from '../../lib/http/scrape-request.js';
import { clientErrorOf, escapedHash, expectAtMostClientError, queryLikeText } from './support.js';

function hash(fill: string): string {
  return `info_hash=${fill.repeat(20)}`;
}

function expectFailure(query: string, reason: string): void {
  const error = clientErrorOf(() => parseScrape(query, 64));
  expect(error.message, query).to.equal(reason);
  expect(error.retryIn).to.equal('never');
}

describe('parseScrape', () => {
  it('gives the infohashes in the order of the request', () => {
    const hashes = parseScrape(`${hash('%ff')}&${hash('b')}&x=1&${hash('%00')}&${hash('a')}`, 64);
    expect(hashes.map((bytes) => bytes[0])).to.deep.equal([0xff, 0x62, 0x00, 0x61]);
    expect(hashes.every((bytes) => bytes.length === 20)).to.equal(true);
  });

  it('gives an infohash once, however often and however escaped it was sent', () => {
    expect(parseScrape(`${hash('a')}&${hash('%61')}&%69${hash('a').slice(1)}`, 64)).to.deep.equal([
      Buffer.alloc(20, 'a'),
    ]);
  });

  it('gives the first infohashes if there are more than the cap', () => {
    const hashes = parseScrape(`${hash('d')}&${hash('d')}&${hash('c')}&${hash('b')}&${hash('a')}`, 2);
    expect(hashes).to.deep.equal([Buffer.alloc(20, 'd'), Buffer.alloc(20, 'c')]);
  });

  it('does not read beyond the cap', () => {
    expect(parseScrape(`${hash('a')}&info_hash=short`, 1)).to.have.length(1);
  });

  it('fails without an infohash', () => {
    for (const query of ['', '&', 'x=1', 'info_has=a', 'INFO_HASH=a'])
      expectFailure(query, 'missing info_hash');
  });

  it('fails if an infohash has not exactly 20 bytes', () => {
    for (const length of [0, 19, 21, 40]) {
      expectFailure(`${hash('a')}&info_hash=${'a'.repeat(length)}`, 'info_hash is not 20 bytes');
    }
    expectFailure('info_hash', 'info_hash is not 20 bytes');
  });

  it('fails if an infohash has a broken escape or a raw byte beyond ASCII', () => {
    expectFailure(`info_hash=${'a'.repeat(19)}%`, 'malformed info_hash');
    expectFailure(`info_hash=${'a'.repeat(19)}\u00e9`, 'malformed info_hash');
  });

  it('gives back any infohashes however they were escaped', () => {
    fc.assert(
      fc.property(fc.array(escapedHash(), { minLength: 1, maxLength: 20 }), (hashes) => {
        const query = hashes.map(({ text }) => `info_hash=${text}`).join('&');
        const expected = [...new Set(hashes.map(({ bytes }) => bytes.toString('hex')))];
        expect(parseScrape(query, 64).map((bytes) => bytes.toString('hex'))).to.deep.equal(expected);
      }),
    );
  });

  it('throws nothing but a client error, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(queryLikeText(), fc.string({ unit: 'binary' })), (query) => {
        expectAtMostClientError(() => parseScrape(query, 3));
      }),
      { numRuns: 500 },
    );
  });
});
