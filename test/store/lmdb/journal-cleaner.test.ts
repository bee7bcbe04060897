import { expect } from 'chai';

import { Journal } from '../../../lib/store/lmdb/journal.js';
import { JournalCleaner } from '../../../lib/store/lmdb/journal-cleaner.js';
import { environmentOfEachTest } from './support/open-table.js';

const SLOTS = 256;
const BYTES = 100;

describe('a journal that takes more room than it may', () => {
  const opened = environmentOfEachTest();

  /** A journal with so many groups. */
  async function journalOf(groups: number): Promise<Journal> {
    const journal = new Journal(opened().environment.journal, SLOTS);
    for (let n = 1; n <= groups; n++) await journal.append(n, Buffer.alloc(BYTES, n));
    return journal;
  }

  function filled(journal: Journal, groups: number): number[] {
    return Array.from({ length: groups }, (_, i) => i + 1).filter((n) => journal.isFilled(n));
  }

  it('is cleared from its oldest group on, up to the oldest that is needed', async () => {
    const journal = await journalOf(30);
    const cleaner = new JournalCleaner(journal, 10 * BYTES);
    cleaner.tend(31, 21);
    expect(cleaner.isIdle).to.equal(false);
    await cleaner.idle();
    expect(cleaner.isIdle).to.equal(true);
    expect(filled(journal, 30)).to.deep.equal([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
  });

  it('is cleared some groups at a time, until it takes no more than it may', async () => {
    const journal = await journalOf(200);
    const cleaner = new JournalCleaner(journal, 50 * BYTES);
    const left: number[] = [];
    for (let round = 0; round < 4; round++) {
      cleaner.tend(201, undefined);
      await cleaner.idle();
      left.push(filled(journal, 200).length);
    }
    expect(left).to.deep.equal([136, 72, 8, 8]);
  });

  it('keeps every group while it takes no more than it may', async () => {
    const journal = await journalOf(10);
    const cleaner = new JournalCleaner(journal, 10 * BYTES);
    cleaner.tend(11, undefined);
    expect(cleaner.isIdle).to.equal(true);
    expect(filled(journal, 10)).to.have.length(10);
  });

  it('stays as it is where it cannot be written to, and that fails nobody', async () => {
    const journal = await journalOf(10);
    journal.clear = () => Promise.reject(new Error('the disk is full'));
    const cleaner = new JournalCleaner(journal, 0);
    cleaner.tend(11, 5);
    await cleaner.idle();
    expect(filled(journal, 10)).to.have.length(10);
  });
});
