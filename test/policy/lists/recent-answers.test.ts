import { expect } from 'chai';
import fc from 'fast-check';

import { RecentAnswers } from '../../../lib/policy/lists/recent-answers.js';

/** Few distinct bytes: many have the same place. */
const infohash = fc
  .array(fc.constantFrom(0, 1, 255), { minLength: 20, maxLength: 20 })
  .map((bytes) => Uint8Array.from(bytes));

describe('what a list said a short time ago', () => {
  it('is that or nothing, for any infohash, and the last answer is there', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(infohash, fc.boolean()), { maxLength: 300 }), (answers) => {
        const recent = new RecentAnswers();
        const model = new Map<string, boolean>();
        for (const [hash, isListed] of answers) {
          const known = recent.get(hash);
          if (known !== undefined) expect(known).to.equal(model.get(String(hash)));
          recent.set(hash, isListed);
          model.set(String(hash), isListed);
          expect(recent.get(hash)).to.equal(isListed);
        }
      }),
    );
  });

  it('is nothing at first, for the infohash of zeros, too', () => {
    expect(new RecentAnswers().get(new Uint8Array(20))).to.equal(undefined);
  });
});
