import { expect } from 'chai';

import type { Environment } from '../../../lib/store/lmdb/environment.js';
import { Journal } from '../../../lib/store/lmdb/journal.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { openTestEnvironment } from './support/open-table.js';

const SLOTS = 4;

describe('the journal', () => {
  let directory: string;
  let environment: Environment;
  let journal: Journal;
  let other: Journal;

  beforeEach(async () => {
    directory = await makeTempDir();
    environment = openTestEnvironment(directory);
    journal = new Journal(environment.journal, SLOTS);
    other = new Journal(environment.journal, SLOTS);
  });

  afterEach(async () => {
    await environment.close();
    await removeTempDir(directory);
  });

  function group(n: number): Buffer {
    return Buffer.from(`group ${n}`);
  }

  function read(from: Journal, n: number): string | undefined {
    environment.journal.resetReadTxn();
    const found = from.read(n);
    return found === undefined || found === 'gone' ? found : found.toString();
  }

  it('lets one of two processes append a number, in every round', async () => {
    for (let n = 1; n <= 3 * SLOTS; n++) {
      expect(
        await Promise.all([journal.append(n, group(n)), other.append(n, Buffer.from('other'))]),
      ).to.deep.equal([true, false]);
      expect(read(other, n)).to.equal(`group ${n}`);
    }
  });

  it('does not let a process append that is a round behind', async () => {
    for (let n = 1; n <= 2 * SLOTS + 1; n++) await journal.append(n, group(n));
    for (let n = 1; n <= 2 * SLOTS + 1; n++) expect(await other.append(n, group(n)), `${n}`).to.equal(false);
    expect(await other.append(2 * SLOTS + 2, group(2 * SLOTS + 2))).to.equal(true);
  });

  it('tells a group that is not there yet from one that was written over or cleared', async () => {
    expect(read(journal, 1)).to.equal(undefined);
    for (let n = 1; n <= SLOTS + 1; n++) await journal.append(n, group(n));
    expect(read(other, 1)).to.equal('gone');
    expect(read(other, 2)).to.equal('group 2');
    expect(read(other, SLOTS + 2)).to.equal(undefined);
    await journal.clear(2);
    expect(read(other, 2)).to.equal('gone');
    expect(await journal.append(SLOTS + 2, group(SLOTS + 2))).to.equal(true);
  });

  it('clears no group that was written over meanwhile', async () => {
    for (let n = 1; n <= SLOTS + 1; n++) await journal.append(n, group(n));
    await journal.clear(1);
    expect(read(journal, SLOTS + 1)).to.equal(`group ${SLOTS + 1}`);
  });

  it('has all groups of the last round in order, and knows how many bytes they are', async () => {
    for (let n = 1; n <= SLOTS + 2; n++) await journal.append(n, group(n));
    await journal.clear(4);
    environment.journal.resetReadTxn();
    const { groups, last } = other.readAll();
    expect(groups.map(([n, bytes]) => [n, bytes.toString()])).to.deep.equal([
      [3, 'group 3'],
      [5, 'group 5'],
      [6, 'group 6'],
    ]);
    expect(last).to.equal(SLOTS + 2);
    expect(other.bytes).to.equal(3 * 'group 1'.length);
    expect(journal.bytes).to.equal(other.bytes);
    expect([3, 4, 5].map((n) => other.isFilled(n))).to.deep.equal([true, false, true]);
  });
});
