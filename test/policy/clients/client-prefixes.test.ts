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
    expect(readPrefixes('# old ones\n-TR2 Transmission 2\n\n; more\n// and\nT03I\n')).to.deep.equal([
      '-TR2',
      'T03I',
    ]);
    expect(() => readPrefixes(`-TR2\n${'x'.repeat(21)}\n`)).to.throw(ListError, /^line 2: /);
    expect(() => readPrefixes('-TR\u00e9\n')).to.throw(ListError, /^line 1: /);
  });

  it('are at most a thousand', () => {
    expect(() => sortPrefixes(Array.from({ length: 1001 }, (_, n) => `-${n}`))).to.throw(ListError);
  });
});
