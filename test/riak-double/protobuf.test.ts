import { expect } from 'chai';
import fc from 'fast-check';
import { bool, bytes, message, nested, ProtobufError, repeated, sint, uint } from './protobuf.js';

const inner = message({ name: bytes(1) });
const everything = message({
  count: uint(1),
  change: sint(2),
  flag: bool(3),
  data: bytes(4),
  parts: repeated(nested(16, inner)),
});

describe('the protobuf codec', () => {
  it('writes varints, zigzag varints, lengths and two-byte tags as the format says', () => {
    const encoded = everything.encode({
      count: 300,
      change: -2,
      flag: true,
      data: Buffer.from('hi'),
      parts: [{ name: Buffer.from('x') }],
    });
    expect(encoded.toString('hex')).to.equal('08ac02' + '1003' + '1801' + '22026869' + '8201030a0178');
  });

  it('reads what it has written', () => {
    const buffers = fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw));
    const values = fc.record({
      count: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      change: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      flag: fc.boolean(),
      data: buffers,
      parts: fc.array(
        buffers.map((name) => ({ name })),
        { minLength: 1, maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(values, (value) => {
        // A double zero has one sign on the wire.
        const sent = { ...value, change: value.change + 0 };
        expect(everything.decode(everything.encode(sent))).to.deep.equal(sent);
      }),
    );
  });

  it('skips fields that it does not know', () => {
    const unknown = Buffer.from('28' + '01' + '3203616263' + '3901020304050607083d01020304', 'hex');
    expect(everything.decode(Buffer.concat([unknown, everything.encode({ count: 7 })]))).to.deep.equal({
      count: 7,
    });
  });

  it('refuses bytes that end early', () => {
    for (const broken of ['08', '2205', '22056869', '0880', '0f']) {
      expect(() => everything.decode(Buffer.from(broken, 'hex')), broken).to.throw(ProtobufError);
    }
  });
});
