import { expect } from 'chai';
import fc from 'fast-check';

import { ListError } from '../../../lib/policy/lists/list-index.js';
import { readList } from '../../../lib/policy/lists/list-text.js';

const A = 'aa'.repeat(20);
const B = 'bb'.repeat(20);
const C = '0123456789abcdef0123456789abcdef01234567';
const V2 = 'cc'.repeat(32);

function read(text: string, kind: 'allow' | 'deny' = 'allow'): string[] {
  return readList(Buffer.from(text), kind).toString('hex').match(/.{40}/g) ?? [];
}

describe('a list as text', () => {
  it('has one torrent a line: hex, base32, a hash of BEP 52, or a magnet link', () => {
    const base32 = 'VKVKVKVKVKVKVKVKVKVKVKVKVKVKVKVK';
    expect(read(`${B}\n${base32}\n`)).to.deep.equal([A, B]);
    expect(read(V2)).to.deep.equal(['cc'.repeat(20)]);
    expect(read(`magnet:?xt=urn:btih:${A}&xt=urn:btmh:1220${V2}&dn=x`)).to.deep.equal([A, 'cc'.repeat(20)]);
  });

  it('has comments, empty lines, ends of lines of either kind, and a mark of its encoding', () => {
    expect(
      read(`\uFEFF# two\r\n\r\n  ${A.toUpperCase()} named by its owner\r\n// no\n; no\n\t${B}`),
    ).to.deep.equal([A, B]);
  });

  it('may be empty', () => {
    expect(read('')).to.deep.equal([]);
    expect(read('# nothing\n')).to.deep.equal([]);
  });

  it('with a wrong line is none, and the line is named', () => {
    expect(() => read(`${A}\n\n${B.slice(1)}\n`)).to.throw(ListError, /^line 3: "b{39}": takes an infohash/);
    expect(() => read(`magnet:?dn=x`)).to.throw(ListError, /^line 1: "magnet:\?dn=x": a magnet link without/);
    expect(() => read('\x1b[2J')).to.throw(ListError, /^line 1: "\\u001b\[2J":/);
  });

  it('may be a whitelist or blacklist of opentracker', () => {
    expect(read(`${A}\n${C} a comment\n${B}-old\n`.replace('-old', '\t# old'))).to.deep.equal([C, A, B]);
  });

  it('may be a configuration of chihaya, of which the one list is meant', () => {
    const text = `chihaya:
  announce_interval: 30m
  prehooks:
  - name: torrent approval
    options:
      whitelist:
      - "${A}"
      - '${B}' # why
      blacklist:
        - ${C}
  - name: client approval
    options:
      whitelist:
      - "OP1011"
  - name: jwt
    options:
      issuer: "https://issuer.com"
`;
    // What follows the blacklist has keys of its own.
    expect(read(text, 'allow')).to.deep.equal([A, B]);
    expect(read(text, 'deny')).to.deep.equal([C]);
    expect(read(`blacklist: ["${A}", ${B}]`, 'deny')).to.deep.equal([A, B]);
    expect(read(`blacklist: ["${A}", ${B}]`, 'allow')).to.deep.equal([]);
    expect(() => read('whitelist:\n- nonsense\n')).to.throw(ListError, /^line 2: "nonsense"/);
  });

  it('may be a .torrent file', () => {
    const torrent = 'd4:infod6:lengthi1e4:name1:x12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee';
    expect(read(torrent)).to.have.length(1);
    expect(() => read('d3:foo3:bare')).to.throw(ListError, 'info is missing');
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .array(fc.constantFrom(A, V2, '\n', ' ', '#', 'whitelist:', '- ', '[', 'd1:', 'magnet:?xt='))
            .map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            expect(read(text).every((hash) => hash.length === 40)).to.equal(true);
          } catch (error) {
            if (!(error instanceof ListError)) throw error;
          }
        },
      ),
    );
  });
});
