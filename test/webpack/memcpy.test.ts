import { createRequire } from 'node:module';

import { expect } from 'chai';
import fc from 'fast-check';

type Memory = Uint8Array | ArrayBuffer;
type Memcpy = (target: Memory, targetStart: number, source: Memory, start: number, end: number) => void;

const memcpy = createRequire(import.meta.url)('../../webpack/memcpy.cjs') as Memcpy;

describe('the copying of bytes in the bundled Riak client', () => {
  it('is that of the addon it stands for: from bytes or a whole piece of memory to either', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(50),
        fc.nat(50),
        fc.boolean(),
        fc.boolean(),
        (bytes, at, skip, fromMemory, toMemory) => {
          const target = new Uint8Array(at + bytes.length + 5).fill(0xaa);
          const start = Math.min(skip, bytes.length);
          memcpy(
            toMemory ? target.buffer : target,
            at,
            fromMemory ? bytes.slice().buffer : bytes,
            start,
            bytes.length,
          );
          const expected = [...target.fill(0xaa, 0, at)];
          expected.splice(at, bytes.length - start, ...bytes.subarray(start));
          expect([...target]).to.deep.equal(expected);
          expect([...target.subarray(at, at + bytes.length - start)]).to.deep.equal([
            ...bytes.subarray(start),
          ]);
        },
      ),
    );
  });
});
