import { expect } from 'chai';
import fc from 'fast-check';

import { ConnectionIds, ID_LIFETIME_SECONDS } from '../../lib/udp/connection-ids.js';
import '../support/property-size.js';

const START = 1_700_000_000_000;

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const address = fc.oneof(bytes(4), bytes(16));

function idOf(ids: ConnectionIds, from: Uint8Array, nowMs: number): Buffer {
  const id = Buffer.alloc(8);
  ids.write(from, nowMs, id, 0);
  return id;
}

describe('connection ids', () => {
  it('are right for two minutes, and never after that', () => {
    const seconds = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(bytes(16), address, fc.nat(999), seconds, (secret, from, millisecond, later) => {
        const ids = new ConnectionIds(secret);
        const id = idOf(ids, from, START + millisecond);
        const isRight = ids.isRight(from, START + millisecond + later * 1000, id, 0);
        // The clock of another front may be ahead: an id of some seconds in the future is right as
        // well.
        if (later <= ID_LIFETIME_SECONDS) expect(isRight).to.equal(true);
        else expect(isRight).to.equal(false);
      }),
    );
  });

  it('are of one address, of one secret, and right to the last bit', () => {
    fc.assert(
      fc.property(bytes(16), address, address, fc.nat(63), (secret, from, other, bit) => {
        const ids = new ConnectionIds(secret);
        const id = idOf(ids, from, START);
        expect(ids.isRight(other, START, id, 0)).to.equal(Buffer.from(other).equals(Buffer.from(from)));
        id[bit >> 3] = (id[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(ids.isRight(from, START, id, 0)).to.equal(false);
      }),
    );
    const [one, another] = [new ConnectionIds(Buffer.alloc(16, 1)), new ConnectionIds(Buffer.alloc(16, 2))];
    const from = Uint8Array.of(192, 0, 2, 1);
    expect(another.isRight(from, START, idOf(one, from, START), 0)).to.equal(false);
    expect(new ConnectionIds(Buffer.alloc(16, 1)).isRight(from, START, idOf(one, from, START), 0)).to.equal(
      true,
    );
  });

  it('may come from a front whose clock is some seconds ahead, not more', () => {
    const ids = new ConnectionIds(Buffer.alloc(16, 1));
    const from = Uint8Array.of(192, 0, 2, 1);
    expect(ids.isRight(from, START, idOf(ids, from, START + 10_000), 0)).to.equal(true);
    expect(ids.isRight(from, START, idOf(ids, from, START + 11_000), 0)).to.equal(false);
  });

  it('do not come again when the byte that dates them does', () => {
    const ids = new ConnectionIds(Buffer.alloc(16, 1));
    const from = Uint8Array.of(192, 0, 2, 1);
    const id = idOf(ids, from, START);
    expect(ids.isRight(from, START + 256_000, id, 0)).to.equal(false);
    expect(ids.isRight(from, START + 300_000, id, 0)).to.equal(false);
  });
});
