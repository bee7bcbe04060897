import { expect } from 'chai';
import fc from 'fast-check';

import { BatchWriter, NO_VERSION, readBatch } from '../../../lib/store/lmdb/batch.js';
import { HEAD_BYTES } from '../../../lib/store/lmdb/log-record.js';

const versioned = fc.record({
  value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
});
const update = fc.record({
  key: fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
  before: fc.option(versioned, { nil: undefined }),
  after: fc.option(versioned, { nil: undefined }),
});

describe('a batch of updates', () => {
  it('reads as it was written, in order, batch after batch with one writer', () => {
    const writer = new BatchWriter();
    fc.assert(
      fc.property(fc.array(update, { maxLength: 20 }), (updates) => {
        const written = updates.filter(({ before, after }) => before !== undefined || after !== undefined);
        writer.start();
        for (const { key, before, after } of written) {
          if (after !== undefined) writer.replaced(key, before, after);
          else if (before !== undefined) writer.removed(key, before);
        }
        const read = [...readBatch(Buffer.from(writer.finish()).subarray(HEAD_BYTES))];
        expect(read.length).to.equal(written.length);
        for (const [i, { key, before, after }] of written.entries()) {
          const found = read[i];
          expect(found?.key).to.equal(key);
          expect(found?.before).to.equal(before?.version ?? NO_VERSION);
          expect(found?.after).to.equal(after?.version ?? NO_VERSION);
          expect(found?.valueAfter(before?.value)).to.deep.equal(after?.value);
        }
      }),
    );
  });

  it('grows with what is put into it', () => {
    const writer = new BatchWriter();
    writer.start();
    const value = Buffer.alloc(100_000, 5);
    for (let version = 1; version <= 5; version++) writer.replaced('key', undefined, { value, version });
    const read = [...readBatch(writer.finish().subarray(HEAD_BYTES))];
    expect(read.map(({ after }) => after)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(read.every((found) => found.valueAfter(undefined)?.equals(value))).to.equal(true);
  });
});
