import { expect } from 'chai';
import { BencodeWriter, fixed, INTEGER_ROOM, LENGTH_ROOM } from '../../lib/http/bencode-writer.js';

describe('BencodeWriter', () => {
  it('puts pieces, integers and byte strings one after the other', () => {
    const bytes = new BencodeWriter(100)
      .raw(fixed('d1:ai'))
      .integer(42)
      .raw(fixed('1:b'))
      .bytes(Buffer.from('xyz'))
      .raw(fixed('e'));
    expect(bytes.finish().toString()).to.equal('d1:ai42e1:b3:xyze');
  });

  it('writes every number of digits', () => {
    for (let bound = 1; bound < Number.MAX_SAFE_INTEGER; bound *= 10) {
      for (const value of [bound - 1, bound, bound + 1]) {
        expect(new BencodeWriter(INTEGER_ROOM).integer(value).finish().toString()).to.equal(`${value}e`);
      }
    }
    expect(new BencodeWriter(INTEGER_ROOM).integer(Number.MAX_SAFE_INTEGER).finish().toString()).to.equal(
      '9007199254740991e',
    );
  });

  it('writes byte strings of any length', () => {
    for (const length of [0, 1, 9, 10, 99, 100, 65_536]) {
      const bytes = Buffer.alloc(length, 0xff);
      const written = new BencodeWriter(LENGTH_ROOM + length).bytes(bytes).finish();
      expect(written).to.deep.equal(Buffer.concat([Buffer.from(`${length}:`), bytes]));
    }
  });

  it('refuses what is not a non-negative safe integer', () => {
    for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => new BencodeWriter(INTEGER_ROOM).integer(value), String(value)).to.throw(RangeError);
    }
  });
});
