import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Config } from '../../lib/config.js';
import type { Log } from '../../lib/log.js';
import { fetchReport } from '../../lib/purge/report.js';
import { StartError } from './start-error.js';
import { withStore } from './with-store.js';

/**
 * `npm run report`: prints what the last purge reported, as JSON. Stores nothing, so it harms no tracker that runs on the same store.
 * @throws StartError if there is no report or the store cannot be used, ConfigError if its settings do not go together
 */
export async function reportCommand(config: Config, log: Log): Promise<void> {
  const report = (await isNew(config))
    ? undefined
    : await withStore(config, log, {
        command: 'report',
        failure: 'the report could not be read',
        work: async (store) => (await fetchReport(store)) ?? null,
      });
  if (report === undefined || report === null)
    throw new StartError('no purge has left a report yet: npm run purge makes one');
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

/** Whether there is no embedded store yet: opening it would make one. */
async function isNew({ storeName, dataDirectory }: Config): Promise<boolean> {
  if (storeName !== 'lmdb') return false;
  try {
    const files = await readdir(resolve(dataDirectory));
    return !files.some((file) => file.endsWith('.mdb'));
  } catch (error) {
    // Whatever else is wrong with the directory, opening the store says it.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
