import { expect } from 'chai';
import fc from 'fast-check';

import { keyedPathOf, passkeyOf } from '../../lib/bittorrent/passkey.js';

describe('the key in an announce URL', () => {
  it('is what stands before announce or scrape, and nothing else', () => {
    expect(keyedPathOf('/0123abcd/announce')).to.deep.equal({ passkey: '0123abcd', action: 'announce' });
    expect(keyedPathOf('/0123abcd/scrape?a=b')).to.deep.equal({ passkey: '0123abcd', action: 'scrape' });
    for (const target of [
      '/announce',
      '//announce',
      '/./announce',
      '/../scrape',
      '/a/b/announce',
      '/a/announce/',
      '/a/announced',
      '/%61/announce',
      '/a b/announce',
      `/${'k'.repeat(129)}/announce`,
      '/announce?key=0123abcd',
    ]) {
      expect(passkeyOf(target), target).to.equal(undefined);
    }
  });

  it('of any text is none, or of the letters that a key may have', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(passkeyOf(`/${text}/announce`) ?? 'none').to.match(/^[\w~-][\w.~-]{0,127}$/);
      }),
    );
  });
});
