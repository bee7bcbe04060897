import { expect } from 'chai';
import fc from 'fast-check';

import { Generation } from '../../../lib/store/lmdb/generation.js';

const state = { value: Buffer.from('value'), version: 1 };

describe('the keys of a generation that LMDB does not list as they are', () => {
  it('are all of a range that are new or removed, until LMDB has them', () => {
    const keys = fc.stringMatching(/^[0-9a-c]{1,4}$/);
    const changes = fc.array(fc.tuple(keys, fc.constantFrom('new', 'changed', 'removed')), { maxLength: 60 });
    fc.assert(
      fc.property(changes, fc.tuple(keys, keys), fc.nat(60), (made, [from, to], forgotten) => {
        const generation = new Generation();
        const unlisted = new Set<string>();
        for (const [key, change] of made) {
          generation.set(key, change === 'removed' ? null : state, 1, change === 'new');
          if (change !== 'changed') unlisted.add(key);
        }
        const some = generation.some(forgotten);
        generation.forget(some);
        for (const [key] of some) unlisted.delete(key);
        const isInRange = (key: string): boolean => key >= from && key < to;
        const given = [...generation.unlisted({ from, to })].filter(isInRange).sort();
        expect(given).to.deep.equal([...unlisted].filter(isInRange).sort());
      }),
    );
  });

  it('are looked for in a part of them if the range begins and ends with the same byte', () => {
    const generation = new Generation();
    for (let byte = 0; byte < 256; byte++) {
      const prefix = byte.toString(16).padStart(2, '0');
      for (let i = 0; i < 10; i++) generation.set(`${prefix}${i}`, state, 1, true);
    }
    expect([...generation.unlisted({ from: '7f', to: '7f~' })]).to.have.length(10);
    // Of all keys of a byte, which end where the next byte begins.
    expect([...generation.unlisted({ from: '7f', to: '80' })]).to.have.length(20);
    expect([...generation.unlisted({ from: '', to: '~' })]).to.have.length(2560);
  });
});
