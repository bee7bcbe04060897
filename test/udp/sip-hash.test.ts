import { expect } from 'chai';

import { SipHash } from '../../lib/udp/sip-hash.js';

/**
 * Of the reference implementation: key 00 01 ... 0f, messages of 0, 1, ... bytes 00 01 ...
 * (vectors_sip64).
 */
const VECTORS = [
  '310e0edd47db6f72',
  'fd67dc93c539f874',
  '5a4fa9d909806c0d',
  '2d7efbd796666785',
  'b7877127e09427cf',
  '8da699cd64557618',
  'cee3fe586e46c9cb',
  '37d1018bf50002ab',
  '6224939a79f5f593',
  'b0e4a90bdf82009e',
  'f3b9dd94c5bb5d7a',
  'a7ad6b22462fb3f4',
  'fbe50e86bc8f1e75',
  '903d84c02756ea14',
  'eef27a8e90ca23f7',
  'e545be4961ca29a1',
];

describe('SipHash-2-4', () => {
  it('gives what its authors have published', () => {
    const hash = new SipHash(Uint8Array.from({ length: 16 }, (_, i) => i));
    const message = Uint8Array.from({ length: 64 }, (_, i) => i);
    const hashes = VECTORS.map((_, length) => {
      hash.hash(message, length);
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32LE(hash.low, 0);
      bytes.writeUInt32LE(hash.high, 4);
      return bytes.toString('hex');
    });
    expect(hashes).to.deep.equal(VECTORS);
  });

  it('takes no key of another length', () => {
    expect(() => new SipHash(new Uint8Array(15))).to.throw(RangeError);
  });
});
