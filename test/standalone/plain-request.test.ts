import { expect } from 'chai';
import fc from 'fast-check';

import { readPlainRequest } from '../../lib/standalone/plain-request.js';

const LINE = 'GET /announce?info_hash=%00a HTTP/1.1\r\n';

function read(request: string): ReturnType<typeof readPlainRequest> {
  return readPlainRequest(Buffer.from(request, 'latin1'));
}

describe('a plain request', () => {
  it('is a GET of announce or scrape that arrived whole and alone', () => {
    expect(read(`${LINE}Host: t\r\n\r\n`)).to.deep.equal({
      action: 'announce',
      target: '/announce?info_hash=%00a',
      forwardedFor: undefined,
      keepAlive: true,
    });
    expect(read('GET /scrape? HTTP/1.1\r\nHost: t\r\n\r\n')).to.include({
      action: 'scrape',
      target: '/scrape?',
    });
  });

  it('may have the headers that clients and proxies send, in any case', () => {
    const headers = [
      'host:t',
      'USER-AGENT: qBittorrent/4.6.2',
      'Accept-Encoding:gzip',
      'Want-Digest: SHA-512;q=1',
      'X-Forwarded-Proto: https',
    ];
    expect(read(`${LINE}${headers.join('\r\n')}\r\n\r\n`)?.keepAlive).to.equal(true);
  });

  it('says whether the connection stays open', () => {
    expect(read(`${LINE}Host: t\r\nConnection: close\r\n\r\n`)?.keepAlive).to.equal(false);
    expect(read(`${LINE}Host: t\r\nconnection:  Keep-Alive \r\n\r\n`)?.keepAlive).to.equal(true);
  });

  it('has all of X-Forwarded-For', () => {
    const request = `${LINE}X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\nHost: t\r\nx-forwarded-for:10.0.0.2\r\n\r\n`;
    expect(read(request)?.forwardedFor).to.equal('192.0.2.1, 10.0.0.1,10.0.0.2');
  });

  for (const [what, request] of [
    ['half a request', `${LINE}Host: t\r\n`],
    ['more than one request', `${LINE}Host: t\r\n\r\n${LINE}Host: t\r\n\r\n`],
    ['a request and something more', `${LINE}Host: t\r\n\r\n `],
    ['no Host', `${LINE}Accept: */*\r\n\r\n`],
    ['no header', `${LINE}\r\n`],
    ['two of Host', `${LINE}Host: t\r\nHost: t\r\n\r\n`],
    ['another path', 'GET /health HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['a path that goes on', 'GET /announce/x?a HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['no query', 'GET /announce HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['an absolute target', 'GET http://t/announce?a HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['another method', 'HEAD /announce?a HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['HTTP/1.0', 'GET /announce?a HTTP/1.0\r\nHost: t\r\n\r\n'],
    ['a space in the target', 'GET /announce?a b HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['a byte that is not ASCII in the target', 'GET /announce?\xff HTTP/1.1\r\nHost: t\r\n\r\n'],
    ['a NUL in a header', `${LINE}Host: t\0\r\n\r\n`],
    ['a folded header', `${LINE}Host: t\r\n x\r\n\r\n`],
    ['a space before a colon', `${LINE}Host : t\r\n\r\n`],
    ['a line that ends with LF alone', `${LINE}Host: t\n\r\n`],
    ['a CR inside a header', `${LINE}Host: t\rX: y\r\n\r\n`],
    ['a length of a body', `${LINE}Host: t\r\nContent-Length: 0\r\n\r\n`],
    ['a body in chunks', `${LINE}Host: t\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['an expectation', `${LINE}Host: t\r\nExpect: 100-continue\r\n\r\n`],
    ['an upgrade', `${LINE}Host: t\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n`],
    ['a header that nobody knows', `${LINE}Host: t\r\nX-Odd: 1\r\n\r\n`],
    ['more than 8 KB', `GET /announce?${'a'.repeat(8192)} HTTP/1.1\r\nHost: t\r\n\r\n`],
    ['nothing', ''],
  ] as const) {
    it(`is not ${what}`, () => {
      expect(read(request)).to.equal(undefined);
    });
  }

  it('is nothing that differs from one in a byte that is no letter of a value', () => {
    const good = Buffer.from(`${LINE}Host: t\r\n\r\n`, 'latin1');
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const odd = Buffer.from(good);
        odd[at] = byte;
        const found = readPlainRequest(odd);
        if (found === undefined) return;
        // What is still read is the same request with another target, or another Host.
        expect(odd.toString('latin1')).to.match(
          /^GET \/announce\?[!-~]* HTTP\/1\.1\r\nhost:[ -~]*\r\n\r\n$/i,
        );
        expect(found.target).to.equal(
          odd.toString('latin1').slice(4, -' HTTP/1.1\r\nHost: t\r\n\r\n'.length),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
