import { expect } from 'chai';
import fc from 'fast-check';

import {
  areSorted,
  changeInfohashes,
  includesInfohash,
  sortInfohashes,
} from '../../../lib/policy/lists/infohashes.js';

/** Few distinct bytes: repeated hashes, and long common beginnings. */
const infohash = fc.oneof(
  fc.uint8Array({ minLength: 20, maxLength: 20 }),
  fc
    .array(fc.constantFrom(0, 1, 255), { minLength: 20, maxLength: 20 })
    .map((bytes) => Uint8Array.from(bytes)),
  fc.constantFrom(new Uint8Array(20), new Uint8Array(20).fill(255)),
);
const infohashes = fc.array(infohash, { maxLength: 60 });

const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
const modelOf = (hashes: readonly Uint8Array[]): string[] => [...new Set(hashes.map(hexOf))].sort();
const listOf = (sorted: Uint8Array): string[] => hexOf(sorted).match(/.{40}/g) ?? [];

describe('sorted infohashes', () => {
  it('are those that were given, ascending, each once', () => {
    fc.assert(
      fc.property(infohashes, (hashes) => {
        const sorted = sortInfohashes(Buffer.concat(hashes));
        expect(listOf(sorted)).to.deep.equal(modelOf(hashes));
        expect(areSorted(sorted)).to.equal(true);
      }),
    );
  });

  it('include what was given, and nothing else', () => {
    fc.assert(
      fc.property(infohashes, infohashes, (hashes, others) => {
        const sorted = sortInfohashes(Buffer.concat(hashes));
        const model = new Set(hashes.map(hexOf));
        for (const hash of [...hashes, ...others]) {
          expect(includesInfohash(sorted, hash)).to.equal(model.has(hexOf(hash)));
        }
      }),
    );
  });

  it('are changed as a set is; what is removed and added is there', () => {
    fc.assert(
      fc.property(infohashes, infohashes, infohashes, (base, added, removed) => {
        const [sortedBase, sortedAdded, sortedRemoved] = [base, added, removed].map((hashes) =>
          sortInfohashes(Buffer.concat(hashes)),
        ) as [Buffer, Buffer, Buffer];
        const gone = new Set(removed.map(hexOf));
        const model = modelOf([...base.filter((hash) => !gone.has(hexOf(hash))), ...added]);
        expect(listOf(changeInfohashes(sortedBase, sortedAdded, sortedRemoved))).to.deep.equal(model);
      }),
    );
  });

  it('are told from others', () => {
    expect(areSorted(Buffer.alloc(19))).to.equal(false);
    expect(areSorted(Buffer.alloc(40))).to.equal(false);
    expect(areSorted(Buffer.concat([Buffer.alloc(20, 2), Buffer.alloc(20, 1)]))).to.equal(false);
    expect(areSorted(Buffer.alloc(0))).to.equal(true);
  });
});
