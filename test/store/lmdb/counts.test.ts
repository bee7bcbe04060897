import { expect } from 'chai';
import type { Database } from 'lmdb';

import { Counts } from '../../../lib/store/lmdb/counts.js';
import { RecordingLog } from '../../support/recording-log.js';

/** Entries of which LMDB cannot read a page. */
function unreadable(code: number): Database<Buffer, string> {
  const getEntry = (): never => {
    throw Object.assign(new Error('MDB_PAGE_NOTFOUND: Requested page not found'), { code });
  };
  return { getEntry } as unknown as Database<Buffer, string>;
}

describe('a count whose page LMDB cannot read', () => {
  for (const [name, code] of [
    ['MDB_PAGE_NOTFOUND', -30797],
    ['MDB_CORRUPTED', -30796],
    ['MDB_BAD_TXN', -30782],
  ] as const) {
    it(`is 0, and in the log once, after ${name}`, () => {
      const log = new RecordingLog();
      const counts = new Counts(unreadable(code), log);
      expect([counts.get('a'), counts.get('a'), counts.get('b')]).to.deep.equal([0, 0, 0]);
      expect(log.lines.map(({ event, fields }) => [event, fields['key']])).to.deep.equal([
        ['count damaged', 'a'],
        ['count damaged', 'b'],
      ]);
    });
  }

  it('is an error of the store after any other one, as of a disk that does not answer', () => {
    const counts = new Counts(unreadable(5), new RecordingLog());
    expect(() => counts.get('a')).to.throw('MDB_PAGE_NOTFOUND');
  });
});
