import { expect } from 'chai';
import fc from 'fast-check';

import { PrefixTable, readPrefixes, sortPrefixes } from '../../../lib/policy/clients/client-prefixes.js';
import { ListError } from '../../../lib/policy/lists/list-index.js';

/** Few letters, so that prefixes begin with each other. */
const text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('-', 'T', 'R', '4', '~'), minLength, maxLength });

describe('prefixes of clients', () => {
  it('match the peer ids that begin with one of them', () => {
    fc.assert(
      fc.property(fc.array(text(1, 4), { maxLength: 30 }), text(20, 20), (prefixes, peerId) => {
        const table = new PrefixTable(sortPrefixes(prefixes));
        expect(table.matches(Buffer.from(peerId))).to.equal(
          prefixes.some((prefix) => peerId.startsWith(prefix)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('match peer ids with any bytes', () => {
    const table = new PrefixTable(['-TR4', '-UT', 'T03']);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (peerId) => {
        const latin1 = Buffer.from(peerId).toString('latin1');
        expect(table.matches(peerId)).to.equal(/^(-TR4|-UT|T03)/.test(latin1));
      }),
    );
  });

  it('are read from a file with comments, and a wrong line is named', () => {
    expect(readPrefixes('# old ones\n-TR2 Transmission 2\n\n; more\n// and\nT03I\n', 'allow')).to.deep.equal([
      '-TR2',
      'T03I',
    ]);
    expect(() => readPrefixes(`-TR2\n${'x'.repeat(21)}\n`, 'deny')).to.throw(ListError, /^line 2: /);
    expect(() => readPrefixes('-TR\u00e9\n', 'deny')).to.throw(ListError, /^line 1: /);
  });

  it('are read from a configuration of chihaya, of which the one list of the one hook is meant', () => {
    const text = `chihaya:
  prehooks:
  - name: torrent approval
    options:
      whitelist:
      - "${'ab'.repeat(20)}"
  - name: client approval
    options:
      whitelist:
      - "TR4050"
      - "S58B--" # an old one
      blacklist:
      - "UT1234"
  - name: jwt
    options:
      issuer: "https://issuer.com"
`;
    expect(readPrefixes(text, 'allow')).to.deep.equal(['TR4050', '-TR4050', 'S58B--', '-S58B--']);
    expect(readPrefixes(text, 'deny')).to.deep.equal(['UT1234', '-UT1234']);
    expect(readPrefixes('blacklist: ["UT1234", UT1235]', 'deny')).to.have.length(4);
    expect(() => readPrefixes('whitelist:\n- "TR4050"\n- TR40\n', 'allow')).to.throw(
      ListError,
      /^line 3: takes the six characters/,
    );
    const table = new PrefixTable(sortPrefixes(readPrefixes(text, 'allow')));
    for (const peerId of ['-TR4050-abcdefghijkl', 'S58B------abcdefghij']) {
      expect(table.matches(Buffer.from(peerId))).to.equal(true);
    }
    expect(table.matches(Buffer.from('-UT1234-abcdefghijkl'))).to.equal(false);
  });

  it('are at most a thousand', () => {
    expect(() => sortPrefixes(Array.from({ length: 1001 }, (_, n) => `-${n}`))).to.throw(ListError);
  });
});
