import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { fetchReport } from '../purge/report.js';
import { driverOf } from '../store/registry.js';
import { StartError } from './start-error.js';
import { withStore } from './with-store.js';

/**
 * `npm run report`: prints what the last purge reported, as JSON. Stores nothing, so it harms no
 * tracker that runs on the same store.
 * @throws StartError if there is no report or the store cannot be used, ConfigError if its settings
 *   do not go together
 */
export async function reportCommand(config: Config, log: Log): Promise<void> {
  // Opening a store that does not exist yet would make it.
  const exists = (await driverOf(config.storeName).exists?.(config)) ?? true;
  const report = exists
    ? await withStore(config, log, {
        command: 'report',
        failure: 'the report could not be read',
        work: async (store) => (await fetchReport(store)) ?? null,
      })
    : null;
  if (report === null) throw new StartError('no purge has left a report yet: npm run purge makes one');
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}
