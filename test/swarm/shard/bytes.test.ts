import { expect } from 'chai';
import fc from 'fast-check';

import {
  compareRange,
  isSameRange,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from '../../../lib/swarm/shard/bytes.js';

const uint32 = fc.nat(2 ** 32 - 1);

describe('byte access', () => {
  it('writes and reads numbers as Buffer does, at any offset', () => {
    fc.assert(
      fc.property(uint32, fc.nat(65_535), fc.nat(9), (long, short, at) => {
        const bytes = new Uint8Array(20);
        writeUint32(bytes, at, long);
        writeUint16(bytes, at + 4, short);
        expect(Buffer.from(bytes).readUInt32BE(at)).to.equal(long);
        expect(Buffer.from(bytes).readUInt16BE(at + 4)).to.equal(short);
        expect([readUint32(bytes, at), readUint16(bytes, at + 4)]).to.deep.equal([long, short]);
      }),
    );
  });

  it('orders ranges as Buffer.compare does', () => {
    const range = fc.uint8Array({ minLength: 4, maxLength: 4, max: 2 });
    fc.assert(
      fc.property(range, range, fc.nat(5), fc.nat(5), (a, b, aAt, bAt) => {
        const order = compareRange(
          Buffer.concat([Buffer.alloc(aAt), a]),
          aAt,
          Buffer.concat([Buffer.alloc(bAt), b]),
          bAt,
          4,
        );
        expect(Math.sign(order)).to.equal(Buffer.compare(a, b));
      }),
    );
  });

  it('tells ranges that are the same from those that differ in one byte, be it the first or the last', () => {
    const range = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(range, fc.nat(5), fc.nat(), fc.integer({ min: 1, max: 255 }), (a, at, position, change) => {
        const b = Buffer.concat([Buffer.alloc(at), a]);
        expect(isSameRange(a, 0, b, at, a.length)).to.equal(true);
        for (const changed of [0, position % a.length, a.length - 1]) {
          const other = Buffer.from(b);
          other[at + changed] = (a[changed] ?? 0) ^ change;
          expect(isSameRange(a, 0, other, at, a.length)).to.equal(false);
        }
      }),
    );
  });
});
