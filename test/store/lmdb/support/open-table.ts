import { openEnvironment, type Environment } from '../../../../lib/store/lmdb/environment.js';
import { Journal } from '../../../../lib/store/lmdb/journal.js';
import type { TableLimits } from '../../../../lib/store/lmdb/placer.js';
import { ShardTable } from '../../../../lib/store/lmdb/shard-table.js';

/** An environment with nothing between a test and its databases. */
export function openTestEnvironment(directory: string): Environment {
  return openEnvironment(directory, 'commit');
}

/** Shards as one more process would see them that has the environment open. */
export function openTable(environment: Environment, slots: number, limits?: TableLimits): ShardTable {
  return new ShardTable(environment, new Journal(environment.journal, slots), limits);
}
