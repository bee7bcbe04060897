import { openEnvironment, type Environment } from '../../../../lib/store/lmdb/environment.js';
import { Journal } from '../../../../lib/store/lmdb/journal.js';
import type { TableLimits } from '../../../../lib/store/lmdb/placer.js';
import { ShardTable } from '../../../../lib/store/lmdb/shard-table.js';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.js';

/** An environment with nothing between a test and its databases. */
export function openTestEnvironment(directory: string): Environment {
  return openEnvironment(directory, 'commit');
}

/** For each test of the suite that calls it an environment of its own, in a directory that goes with it. @returns those of the test that runs */
export function environmentOfEachTest(): () => { directory: string; environment: Environment } {
  let directory: string;
  let environment: Environment;
  beforeEach(async () => {
    directory = await makeTempDir();
    environment = openTestEnvironment(directory);
  });
  afterEach(async () => {
    await environment.close();
    await removeTempDir(directory);
  });
  return () => ({ directory, environment });
}

/** Shards as one more process would see them that has the environment open. */
export function openTable(environment: Environment, slots: number, limits?: TableLimits): ShardTable {
  return new ShardTable(environment, new Journal(environment.journal, slots), limits);
}
