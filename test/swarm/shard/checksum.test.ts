import { expect } from 'chai';
import fc from 'fast-check';
import { crc32 } from 'node:zlib';

import { checksumAfter, MAX_BYTES_AFTER } from '../../../lib/swarm/shard/checksum.js';

describe('a checksum', () => {
  it('is known after a change as if all had been read again, wherever that is', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.uint8Array({ maxLength: 12 }),
        fc.nat(12),
        fc.nat(3),
        fc.nat(MAX_BYTES_AFTER - 1),
        (front, change, offset, room, behind) => {
          const text = Buffer.alloc(front.length + change.length + behind, 'a swarm of bytes');
          text.set(front);
          const before = Buffer.from(text);
          text.set(change, front.length);
          const source = Buffer.concat([Buffer.alloc(offset, 7), change, Buffer.alloc(room, 7)]);
          expect(
            checksumAfter(crc32(before), before, front.length, source, offset, change.length, behind),
          ).to.equal(crc32(text));
        },
      ),
    );
  });

  it('follows any number of changes, back to where they began', () => {
    const text = Buffer.alloc(5000, 'peer');
    const first = crc32(text);
    let checksum = first;
    for (const round of [1, 2]) {
      for (let at = 0; at < 4990; at += 331) {
        const changed = text.subarray(at, at + 5).map((byte) => byte ^ (at % 255));
        checksum = checksumAfter(checksum, text, at, changed, 0, 5, text.length - at - 5);
        text.set(changed, at);
        expect(checksum, `${round}, ${at}`).to.equal(crc32(text));
      }
    }
    expect(checksum).to.equal(first);
  });
});
