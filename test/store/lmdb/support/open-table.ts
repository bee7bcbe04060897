import { openEnvironment, type Environment } from '../../../../lib/store/lmdb/environment.js';
import type { Damage } from '../../../../lib/store/lmdb/recovery.js';
import { ShardTable } from '../../../../lib/store/lmdb/shard-table.js';
import { WriteAheadLog } from '../../../../lib/store/lmdb/write-ahead-log.js';
import { RecordingLog } from '../../../support/recording-log.js';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.js';

export interface Limits {
  readonly recentBytes: number;
  /** What all files of the log may have together. */
  readonly logBytes: number;
}

export interface Opened {
  readonly directory: string;
  readonly environment: Environment;
  /**
   * Shards as a process would see them that starts now. The table before is left as it is, as if
   * its process had been killed.
   */
  readonly openTable: (limits?: Limits) => OpenedTable;
  /** Closes the logs of all tables, when nothing is under way in them. */
  readonly closeTables: () => Promise<void>;
}

export interface OpenedTable {
  readonly table: ShardTable;
  readonly damage: Damage | undefined;
}

/**
 * For each test of the suite that calls it an environment of its own, in a directory that goes with
 * it. @returns those of the test that runs
 */
export function environmentOfEachTest(): () => Opened {
  let directory: string;
  let environment: Environment;
  let tables: { readonly table: ShardTable; readonly wal: WriteAheadLog }[] = [];
  beforeEach(async () => {
    directory = await makeTempDir();
    environment = openEnvironment(directory, 'commit');
  });
  afterEach(async () => {
    await closeTables();
    await environment.close();
    await removeTempDir(directory);
  });
  async function closeTables(): Promise<void> {
    for (const { table, wal } of tables) {
      await table.idle();
      await wal.close();
    }
    tables = [];
  }
  const openTable: Opened['openTable'] = (limits) => {
    const fileBytes = limits === undefined ? {} : { fileBytes: limits.logBytes / FILES };
    const wal = new WriteAheadLog({ directory, durability: 'commit', log: new RecordingLog(), ...fileBytes });
    const table = new ShardTable(
      environment.shards,
      wal,
      limits && { recentBytes: limits.recentBytes, logFiles: FILES - 2 },
    );
    const { damage } = table.recover();
    tables.push({ table, wal });
    return { table, damage };
  };
  return () => ({ directory, environment, openTable, closeTables });
}

/** Of which the log consists when it is as large as it may be. */
const FILES = 8;
