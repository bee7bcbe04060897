import { expect } from 'chai';
import fc from 'fast-check';

import { ValuePool } from '../../../lib/store/lmdb/value-pool.js';

interface Kept {
  readonly place: number;
  readonly value: Buffer;
}

const action = fc.oneof(
  fc.record({
    kind: fc.constantFrom('copy', 'copy', 'replace', 'free'),
    length: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 12_000 }), fc.nat({ max: 200_000 })),
    which: fc.nat(),
  }),
  fc.record({ kind: fc.constantFrom('hold', 'let go'), length: fc.constant(0), which: fc.constant(0) }),
);

describe('a pool of values', () => {
  it('gives each value a place of its own, and no other one while it is held, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const pool = new ValuePool();
        const kept: Kept[] = [];
        /** What was freed or replaced, but must still be there. */
        const readElsewhere: Kept[] = [];
        let holds = 0;
        let filling = 0;
        const fresh = (length: number): Buffer => Buffer.alloc(length, ++filling);
        for (const { kind, length, which } of actions) {
          const at = which % Math.max(kept.length, 1);
          const old = kept[at];
          if (kind === 'copy') {
            const value = fresh(length);
            kept.push({ place: pool.copy(value), value });
          } else if (kind === 'replace' && old !== undefined) {
            const value = fresh(length);
            kept[at] = { place: pool.replace(old.place, value), value };
            if (holds > 0) readElsewhere.push(old);
          } else if (kind === 'free' && old !== undefined) {
            kept.splice(at, 1);
            pool.free(old.place);
            if (holds > 0) readElsewhere.push(old);
          } else if (kind === 'hold') {
            pool.hold();
            holds++;
          } else if (kind === 'let go' && holds > 0) {
            if (--holds === 0) readElsewhere.length = 0;
            pool.letGo();
          }
          for (const { place, value } of [...kept, ...readElsewhere]) {
            expect(pool.at(place, value.length).equals(value)).to.equal(true);
            expect(pool.sizeAt(place)).to.be.at.least(value.length);
          }
        }
      }),
    );
  });

  it('takes at most a quarter more than a value has, from 64 bytes on', () => {
    const pool = new ValuePool();
    for (let length = 64; length <= 300_000; length += 1 + Math.floor(length / 50)) {
      const place = pool.copy(Buffer.alloc(length));
      expect(pool.sizeAt(place)).to.be.within(length, Math.max(64, length * 1.25));
      pool.free(place);
    }
  });

  it('writes a value in the place of another one where it fits', () => {
    const pool = new ValuePool();
    const place = pool.copy(Buffer.alloc(6000, 1));
    expect(pool.replace(place, Buffer.alloc(6031, 2))).to.equal(place);
    expect(pool.replace(place, Buffer.alloc(9000, 3))).to.not.equal(place);
  });

  it('uses memory again, for values of other lengths as well', () => {
    const pool = new ValuePool();
    const fill = (length: number, count: number): number[] =>
      Array.from({ length: count }, () => pool.copy(Buffer.alloc(length)));
    let most = 0;
    for (const length of [100, 7000, 100, 100_000, 500, 7000, 100_000]) {
      const places = fill(length, Math.ceil(4_000_000 / length));
      most = Math.max(most, pool.size);
      for (const place of places) pool.free(place);
    }
    expect(most).to.be.at.most(12_000_000);
  });

  it('keeps what was freed for as long as anybody reads, and no longer', () => {
    const pool = new ValuePool();
    const place = pool.copy(Buffer.alloc(100_000, 1));
    const view = pool.at(place, 100_000);
    pool.hold();
    pool.hold();
    pool.free(place);
    pool.letGo();
    pool.copy(Buffer.alloc(100_000, 2));
    expect(view.equals(Buffer.alloc(100_000, 1))).to.equal(true);
    const before = pool.size;
    pool.letGo();
    expect(before - pool.size).to.equal(100_000);
  });
});
