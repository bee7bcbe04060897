import { expect } from 'chai';
import fc from 'fast-check';

import { CHUNKED, readRequestHead } from '../../lib/standalone/request-head.js';

const LINE = 'GET /announce?info_hash=%00a HTTP/1.1\r\n';
const HOST = 'Host: t\r\n';

function read(request: string): ReturnType<typeof readRequestHead> {
  return readRequestHead(Buffer.from(request, 'latin1'));
}

describe('the head of a request', () => {
  it('has its method and target, byte for byte, and ends with its empty line', () => {
    const request = `${LINE}${HOST}\r\n`;
    expect(read(`${request}and more`)).to.deep.equal({
      method: 'GET',
      target: '/announce?info_hash=%00a',
      host: 't',
      forwardedFor: undefined,
      headers: HOST,
      keepAlive: true,
      bodyLength: 0,
      end: request.length,
    });
  });

  it('may have any headers, in any case, and empty lines before it', () => {
    const headers = [
      'host:t',
      'USER-AGENT: qBittorrent/4.6.2',
      'X-Odd:\t\xe4',
      'X-Empty:',
      "!#$%&'*+.^_`|~: a",
    ];
    expect(read(`\r\n\r\n${LINE}${headers.join('\r\n')}\r\n\r\n`)).to.include({ host: 't', keepAlive: true });
  });

  it('says whether the connection stays open', () => {
    for (const [version, header, keepAlive] of [
      ['1.1', '', true],
      ['1.1', 'Connection: close\r\n', false],
      ['1.1', 'connection:  Upgrade,Close \r\n', false],
      ['1.1', 'Connection: Upgrade\r\nConnection: close\r\n', false],
      ['1.1', 'Connection: closed\r\n', true],
      ['1.0', '', false],
      ['1.0', 'Connection: Keep-Alive\r\n', true],
    ] as const) {
      const head = read(`GET / HTTP/${version}\r\n${HOST}${header}\r\n`);
      expect(head, header).to.include({ keepAlive });
    }
  });

  it('has all of X-Forwarded-For, however many headers are between its lines', () => {
    const many = 'A:b\r\n'.repeat(3000);
    const request = `${LINE}X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n${HOST}${many}x-forwarded-for:10.0.0.2\r\n\r\n`;
    expect(read(request)).to.include({ forwardedFor: '192.0.2.1, 10.0.0.1,10.0.0.2' });
  });

  it('says how long the body is', () => {
    expect(read(`${LINE}${HOST}Content-Length: 12\r\n\r\n`)).to.include({ bodyLength: 12 });
    expect(read(`${LINE}${HOST}Transfer-Encoding: Chunked\r\n\r\n`)).to.include({ bodyLength: CHUNKED });
    expect(read(`${LINE}${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`)).to.include({
      bodyLength: CHUNKED,
    });
  });

  for (const [what, request, verdict] of [
    ['no Host', `${LINE}Accept: */*\r\n\r\n`, 'missing Host'],
    ['two of Host', `${LINE}${HOST}${HOST}\r\n`, 'not HTTP'],
    ['a space in the target', 'GET /announce?a b HTTP/1.1\r\nHost: t\r\n\r\n', 'not HTTP'],
    ['a byte that is not ASCII in the target', 'GET /announce?\xff HTTP/1.1\r\nHost: t\r\n\r\n', 'not HTTP'],
    ['a target that is an authority', 'GET t:80 HTTP/1.1\r\nHost: t\r\n\r\n', 'not HTTP'],
    ['a NUL in a header', `${LINE}Host: t\0\r\n\r\n`, 'not HTTP'],
    ['a folded header', `${LINE}${HOST} x\r\n\r\n`, 'not HTTP'],
    ['a space before a colon', `${LINE}Host : t\r\n\r\n`, 'not HTTP'],
    ['a line that ends with LF alone', `${LINE}Host: t\n\r\n\r\n`, 'not HTTP'],
    ['a CR inside a header', `${LINE}Host: t\rX: y\r\n\r\n`, 'not HTTP'],
    ['a method that nobody knows', `ANNOUNCE / HTTP/1.1\r\n${HOST}\r\n`, 'not HTTP'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 'not HTTP'],
    ['two lengths', `${LINE}${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`, 'not HTTP'],
    ['a length that is no number', `${LINE}${HOST}Content-Length: +1\r\n\r\n`, 'not HTTP'],
    [
      'a length and chunks',
      `${LINE}${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'not HTTP',
    ],
    ['a body whose last coding is not chunked', `${LINE}${HOST}Transfer-Encoding: gzip\r\n\r\n`, 'not HTTP'],
    ['chunks in HTTP/1.0', `GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n`, 'not HTTP'],
    ['more than 16 KB', `GET /${'a'.repeat(16_384)} HTTP/1.1\r\n${HOST}\r\n`, 'too long'],
    ['the beginning of more than 16 KB', `GET /${'a'.repeat(16_384)}`, 'too long'],
    ['the beginning of a TLS handshake', '\x16\x03\x01\x02\x00', 'not HTTP'],
    ['the beginning of a handshake of a peer', '\x13BitTorrent protocol', 'not HTTP'],
    ['the beginning of a line that ends with LF alone', 'GET / HTTP/1.1\n', 'not HTTP'],
    ['the beginning of something else', 'nonsense', 'not HTTP'],
  ] as const) {
    it(`is refused with ${what}: ${verdict}`, () => {
      expect(read(request)).to.equal(verdict);
    });
  }

  it('is waited for while it may still become one, wherever it is cut', () => {
    const whole = `\r\n${LINE}${HOST}X-Odd: \xe4\r\n\r\n`;
    for (let length = 0; length < whole.length; length++) {
      expect(read(whole.slice(0, length)), `${length} bytes`).to.equal(undefined);
    }
  });

  it('is never read from what differs from one in a byte that is no part of a target or a value', () => {
    const good = Buffer.from(`${LINE}${HOST}\r\n`, 'latin1');
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const odd = Buffer.from(good);
        odd[at] = byte;
        const found = readRequestHead(odd);
        if (typeof found !== 'object') return;
        // What is still read is the same request with another target, or another Host.
        expect(odd.toString('latin1')).to.match(
          /^[A-Z]+ [/*][!-~]* HTTP\/1\.[01]\r\n[!#$%&'*+.^_`|~\w-]+:[\t -~\x80-\xff]*\r\n\r\n$/i,
        );
        const { target } = found;
        expect(target).to.equal(odd.toString('latin1').slice(4, -' HTTP/1.1\r\nHost: t\r\n\r\n'.length));
      }),
      { numRuns: 5000 },
    );
  });
});
