import { expect } from 'chai';
import fc from 'fast-check';

import { applyDelta, deltaBetween, type Delta } from '../../../lib/store/lmdb/delta.js';

/** Values that have much in common, as those of a shard before and after an announce. */
const relatives = fc
  .tuple(
    fc.uint8Array({ maxLength: 3000 }),
    fc.uint8Array({ maxLength: 3000 }),
    fc.uint8Array({ maxLength: 80 }),
    fc.uint8Array({ maxLength: 80 }),
  )
  .map(([start, end, a, b]): [Buffer, Buffer] => [
    Buffer.concat([start, a, end]),
    Buffer.concat([start, b, end]),
  ]);

const strangers = fc
  .tuple(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }))
  .map(([a, b]): [Buffer, Buffer] => [Buffer.from(a), Buffer.from(b)]);

function newBytes({ head, before, after }: Delta, next: Buffer): Buffer {
  return next.subarray(head + before, next.length - after);
}

describe('the delta between two values', () => {
  it('makes the new one of the old one, whatever they are', () => {
    fc.assert(
      fc.property(fc.oneof(relatives, strangers), ([old, next]) => {
        const delta = deltaBetween(old, next);
        const made = applyDelta(old, delta, next.subarray(0, delta.head), newBytes(delta, next));
        expect(made.equals(next)).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out all that they have in common, from the front and then from the back', () => {
    fc.assert(
      fc.property(fc.oneof(relatives, strangers), ([old, next]) => {
        const { head, before, after } = deltaBetween(old, next);
        const front = head + before;
        const shorter = Math.min(old.length, next.length);
        if (front < shorter) expect(old[front]).to.not.equal(next[front]);
        if (front + after < shorter)
          expect(old[old.length - after - 1]).to.not.equal(next[next.length - after - 1]);
      }),
      { numRuns: 500 },
    );
  });

  it('is little more than a record that was put in, or written over', () => {
    const old = Buffer.alloc(5983, 7);
    for (let at = 20; at < old.length; at++) old[at] = (at * 31) % 251;
    const record = Buffer.alloc(31, 200);
    for (const at of [20, 51, 2996, 5952, 5983]) {
      const longer = Buffer.concat([old.subarray(0, at), record, old.subarray(at)]);
      longer.writeUInt32BE(99, 0);
      expect(newBytes(deltaBetween(old, longer), longer).length, `at ${at}`).to.be.at.most(62);
      const shorter = Buffer.concat([old.subarray(0, at), old.subarray(at + 31)]);
      expect(newBytes(deltaBetween(old, shorter), shorter).length, `without ${at}`).to.be.at.most(31);
    }
  });

  it('has memory of its own, so that a value keeps nothing else from being freed', () => {
    const old = Buffer.from('a head of twenty bytesand what is in common');
    const next = Buffer.from('A head of twenty bytesand what was in common');
    const delta = deltaBetween(old, next);
    const made = applyDelta(old, delta, next.subarray(0, delta.head), newBytes(delta, next));
    expect(made.buffer.byteLength).to.equal(next.length);
  });
});
