import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Durability } from '../../../../lib/store/lmdb/environment.js';
import { HEAD_BYTES } from '../../../../lib/store/lmdb/log-record.js';
import type { Damage } from '../../../../lib/store/lmdb/recovery.js';
import { WriteAheadLog } from '../../../../lib/store/lmdb/write-ahead-log.js';
import { RecordingLog } from '../../../support/recording-log.js';

export interface OpenedLog {
  readonly wal: WriteAheadLog;
  /** The batches that were there, as text. */
  readonly found: readonly string[];
  /** Of those, how many came before the first loss. */
  readonly beforeLoss: number;
  readonly damage: Damage | undefined;
  readonly log: RecordingLog;
  append(text: string): Promise<number>;
  close(): Promise<void>;
}

export interface LogOptions {
  readonly durability?: Durability;
  readonly fileBytes?: number;
}

/** Opens the log of a directory and reads it. */
export function openLog(directory: string, options: LogOptions = {}): OpenedLog {
  const log = new RecordingLog();
  const wal = new WriteAheadLog({ directory, durability: 'commit', fileBytes: 4096, log, ...options });
  const found: string[] = [];
  let beforeLoss = 0;
  const { damage } = wal.recover(({ batch, isAfterLoss }) => {
    found.push(batch.toString());
    if (!isAfterLoss) beforeLoss++;
  });
  return {
    wal,
    found,
    beforeLoss,
    damage,
    log,
    append: (text) => wal.append(Buffer.concat([Buffer.alloc(HEAD_BYTES), Buffer.from(text)])),
    close: async () => {
      await wal.idle();
      await wal.close();
    },
  };
}

/** Writes batches, each as the record that it takes, and closes the log. */
export async function writeLog(
  directory: string,
  batches: readonly string[],
  options: LogOptions = {},
): Promise<void> {
  const opened = openLog(directory, options);
  for (const text of batches) await opened.append(text);
  await opened.close();
}

/** Names of the log's files that have their usual names, oldest first. */
export function logFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^journal\.\d+$/.test(name))
    .sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)));
}

/** Removes all files. */
export function empty(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
}
