import { expect } from 'chai';
import fc from 'fast-check';

import { sortInfohashes } from '../../../lib/policy/lists/infohashes.js';
import { splitByPrefix } from '../../../lib/policy/lists/list-index.js';
import { SpreadInfohashes } from '../../../lib/policy/lists/spread-infohashes.js';
import { hashes } from './support.js';

/** Few distinct bytes: long common beginnings, and many in one place. */
const infohash = fc.oneof(
  fc.uint8Array({ minLength: 20, maxLength: 20 }),
  fc
    .array(fc.constantFrom(0, 1, 255), { minLength: 20, maxLength: 20 })
    .map((bytes) => Uint8Array.from(bytes)),
  fc.constantFrom(new Uint8Array(20), new Uint8Array(20).fill(255)),
);
const infohashes = fc.array(infohash, { maxLength: 80 });
const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

describe('infohashes that announces are looked up in', () => {
  it('have what was given, and nothing else', () => {
    fc.assert(
      fc.property(infohashes, infohashes, (listed, others) => {
        const spread = new SpreadInfohashes(sortInfohashes(Buffer.concat(listed)));
        const model = new Set(listed.map(hexOf));
        expect(spread.count).to.equal(model.size);
        for (const hash of [...listed, ...others]) expect(spread.has(hash)).to.equal(model.has(hexOf(hash)));
      }),
    );
  });

  it('have it also where all begin with the same bits', () => {
    fc.assert(
      fc.property(infohashes, infohashes, fc.integer({ min: 0, max: 12 }), (listed, others, bits) => {
        const model = new Set(listed.map(hexOf));
        const parts = splitByPrefix(sortInfohashes(Buffer.concat(listed)), bits).map(
          (part) => new SpreadInfohashes(part, bits),
        );
        for (const hash of [...listed, ...others]) {
          const number = Buffer.from(hash).readUInt16BE() >>> (16 - bits);
          expect(parts[number]?.has(hash)).to.equal(model.has(hexOf(hash)));
        }
      }),
    );
  });

  it('are many, of which each is found, and neither a neighbour of one nor another', () => {
    const listed = hashes(0, 20_000);
    const spread = new SpreadInfohashes(listed);
    for (let at = 0; at < listed.length; at += 20) {
      const hash = Buffer.from(listed.subarray(at, at + 20));
      expect(spread.has(hash)).to.equal(true);
      hash.writeUInt8(hash.readUInt8(19) ^ 1, 19);
      expect(spread.has(hash)).to.equal(false);
    }
    for (const other of [hashes(20_000, 20_001), Buffer.alloc(20), Buffer.alloc(20, 255)]) {
      expect(spread.has(other)).to.equal(false);
    }
  });

  it('are found where thousands differ in their last bytes alone', () => {
    const listed = Buffer.alloc(20 * 10_000, 7);
    for (let n = 0; n < 10_000; n++) listed.writeUInt16BE(2 * n, 20 * n + 18);
    const spread = new SpreadInfohashes(listed);
    const hash = Buffer.alloc(20, 7);
    for (let n = 0; n < 20_000; n++) {
      hash.writeUInt16BE(n, 18);
      expect(spread.has(hash)).to.equal(n % 2 === 0);
    }
  });
});
