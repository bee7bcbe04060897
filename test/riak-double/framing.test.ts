import { expect } from 'chai';
import fc from 'fast-check';
import { encodeFrame, FrameReader, FramingError } from './framing.js';

describe('frames', () => {
  it('begin with the length of code and body, then the code', () => {
    expect(encodeFrame(9, Buffer.from('abc')).toString('hex')).to.equal('00000004' + '09' + '616263');
  });

  it('come out as they went in, however the network splits them', () => {
    const frame = fc.record({ code: fc.nat(255), body: fc.uint8Array({ maxLength: 40 }) });
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), sizes, (sent, chunkSizes) => {
        const stream = Buffer.concat(sent.map(({ code, body }) => encodeFrame(code, body)));
        const reader = new FrameReader();
        const received = [];
        for (let at = 0, chunk = 0; at < stream.length; chunk += 1) {
          const size = chunkSizes[chunk % chunkSizes.length] ?? 1;
          received.push(...reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        const shown = (list: readonly { code: number; body: Uint8Array }[]) =>
          list.map(({ code, body }) => `${code} ${Buffer.from(body).toString('hex')}`);
        expect(shown(received)).to.deep.equal(shown(sent));
      }),
    );
  });

  it('of an impossible length are refused', () => {
    expect(() => new FrameReader().push(Buffer.of(0, 0, 0, 0))).to.throw(FramingError);
    expect(() => new FrameReader(100).push(Buffer.of(0, 0, 0, 101))).to.throw(FramingError);
  });
});
