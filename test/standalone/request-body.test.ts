import { expect } from 'chai';
import fc from 'fast-check';

import { RequestBody } from '../../lib/standalone/request-body.js';
import { CHUNKED } from '../../lib/standalone/request-head.js';

/** What is behind the body, given in such parts; undefined if it was no body or did not end. */
function behind(length: number, text: string, cuts: readonly number[] = []): string | undefined {
  const body = new RequestBody(length);
  const bytes = Buffer.from(text, 'latin1');
  let held = Buffer.alloc(0);
  const edges = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (const [i, edge] of edges.entries()) {
    held = Buffer.concat([held, bytes.subarray(edges[i - 1] ?? 0, edge)]);
    const read = body.read(held);
    if (read === undefined) return undefined;
    if (read.isOver) return read.rest.toString('latin1') + bytes.toString('latin1', edge);
    held = Buffer.from(read.rest);
  }
  return undefined;
}

describe('the body of a request', () => {
  const data = fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((text) => Buffer.from(text).toString('latin1'));
  const cuts = fc.array(fc.nat(), { maxLength: 10 });

  it('of a length is passed over, and nothing more, in whatever parts it comes', () => {
    fc.assert(
      fc.property(data, data, cuts, (body, next, at) => {
        expect(behind(body.length, body + next, at)).to.equal(next);
      }),
    );
  });

  it('of chunks is passed over with its trailers, and nothing more, in whatever parts it comes', () => {
    const chunks = fc.array(data, { maxLength: 5 });
    fc.assert(
      fc.property(chunks, fc.boolean(), data, cuts, (parts, hasTrailer, next, at) => {
        const framed = parts
          .filter((part) => part !== '')
          .map((part) => `${part.length.toString(16)};a="b"\r\n${part}\r\n`);
        const text = `${framed.join('')}0\r\n${hasTrailer ? 'X: y\r\n' : ''}\r\n${next}`;
        expect(behind(CHUNKED, text, at)).to.equal(next);
      }),
    );
  });

  for (const [what, text] of [
    ['whose chunk has no size', 'zz\r\n'],
    ['whose chunk has a negative size', '-1\r\n'],
    ['whose chunk is larger than it says', '1\r\nab\r\n0\r\n\r\n'],
    ['whose size is beyond all bounds', 'fffffffff\r\n'],
    ['whose size never ends', '0'.repeat(5000)],
    ['with an empty line for a size', '\r\n'],
  ] as const) {
    it(`${what} is none`, () => {
      expect(new RequestBody(CHUNKED).read(Buffer.from(text))).to.equal(undefined);
    });
  }
});
