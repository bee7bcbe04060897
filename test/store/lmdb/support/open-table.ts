import { openEnvironment, type Environment } from '../../../../lib/store/lmdb/environment.js';
import { Journal } from '../../../../lib/store/lmdb/journal.js';
import type { TableLimits } from '../../../../lib/store/lmdb/placer.js';
import { ShardTable } from '../../../../lib/store/lmdb/shard-table.js';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.js';

export interface Opened {
  readonly directory: string;
  readonly environment: Environment;
  /** One more process's journal, as it were. */
  readonly openJournal: (options?: { readonly slots?: number; readonly fileBytes?: number }) => Journal;
  /** Closes the journals that were opened, when nothing is under way in them. */
  readonly closeJournals: () => Promise<void>;
  /** Shards as one more process would see them that has the environment open. */
  readonly openTable: (slots: number, limits?: TableLimits) => ShardTable;
}

/** For each test of the suite that calls it an environment of its own, in a directory that goes with it. @returns those of the test that runs */
export function environmentOfEachTest(): () => Opened {
  let directory: string;
  let environment: Environment;
  let journals: Journal[] = [];
  beforeEach(async () => {
    directory = await makeTempDir();
    environment = openEnvironment(directory, 'commit');
  });
  afterEach(async () => {
    await closeJournals();
    await environment.close();
    await removeTempDir(directory);
  });
  async function closeJournals(): Promise<void> {
    await Promise.all(journals.map((journal) => journal.idle()));
    await Promise.all(journals.map((journal) => journal.close()));
    journals = [];
  }
  const openJournal: Opened['openJournal'] = (options = {}) => {
    const journal = new Journal({ directory, durability: 'commit', idleMs: 0, ...options });
    journals.push(journal);
    return journal;
  };
  const openTable: Opened['openTable'] = (slots, limits) => {
    const files = limits && { fileBytes: limits.journalBytes / FILES };
    return new ShardTable(environment, openJournal({ slots, ...files }), limits);
  };
  return () => ({ directory, environment, openJournal, closeJournals, openTable });
}

/** Of which the journal consists when it is as large as it may be. */
const FILES = 8;
