import { expect } from 'chai';
import fc from 'fast-check';

import { Slab } from '../../../lib/store/lmdb/slab.js';

describe('a slab', () => {
  it('gives copies that stay as they were, of any lengths', () => {
    const lengths = fc.array(fc.oneof(fc.nat({ max: 5000 }), fc.nat({ max: 3_000_000 })), { maxLength: 20 });
    fc.assert(
      fc.property(lengths, (all) => {
        const slab = new Slab();
        const source = Buffer.alloc(3_000_000);
        const copies = all.map((length, i) => {
          source.fill(i + 1, 0, length);
          return slab.copy(source.subarray(0, length));
        });
        copies.forEach((copy, i) => {
          expect(copy.length).to.equal(all[i]);
          expect(copy.every((byte) => byte === i + 1)).to.equal(true);
        });
      }),
      { numRuns: 20 },
    );
  });
});
