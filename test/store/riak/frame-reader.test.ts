import { expect } from 'chai';
import fc from 'fast-check';

import { ProtocolError } from '../../../lib/store/remote/failures.js';
import { FrameReader } from '../../../lib/store/riak/frame-reader.js';
import { encodeFrame } from '../../riak-double/framing.js';

describe('FrameReader', () => {
  it('gives back every frame, however the stream is cut', () => {
    const frame = fc.record({
      code: fc.integer({ min: 0, max: 255 }),
      body: fc.uint8Array({ maxLength: 40 }),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(frame), cuts, (frames, lengths) => {
        const stream = Buffer.concat(frames.map(({ code, body }) => encodeFrame(code, body)));
        const reader = new FrameReader(1000);
        const read: { code: number; body: number[] }[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut += 1) {
          const end = at + (lengths[cut % lengths.length] ?? 1);
          for (const { code, body } of reader.push(stream.subarray(at, end)))
            read.push({ code, body: [...body] });
          at = end;
        }
        expect(read).to.deep.equal(frames.map(({ code, body }) => ({ code, body: [...body] })));
        expect(reader.empty).to.equal(true);
      }),
    );
  });

  it('is not empty while a frame is not complete', () => {
    const reader = new FrameReader(1000);
    expect(reader.push(Buffer.of(0, 0))).to.deep.equal([]);
    expect(reader.empty).to.equal(false);
  });

  it('refuses a length of 0 and one above the limit before the bytes come', () => {
    expect(() => new FrameReader(1000).push(Buffer.of(0, 0, 0, 0))).to.throw(ProtocolError);
    expect(() => new FrameReader(1000).push(Buffer.of(0, 0, 3, 233))).to.throw(ProtocolError);
    expect(() => new FrameReader(1000).push(Buffer.of(255, 255, 255, 255))).to.throw(ProtocolError);
  });

  it("says so if the other side speaks HTTP, as on Riak's other port", () => {
    const reply = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
    expect(() => new FrameReader(1000).push(reply)).to.throw(ProtocolError, /HTTP port; RIAK_NODES takes/);
  });
});
