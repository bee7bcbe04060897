import type { Config } from '../config.js';
import { systemClock } from '../environment.js';
import type { Log } from '../log.js';
import { createPolicy } from '../policy/create-policy.js';
import { withProgress } from '../progress.mjs';
import { runPurge } from '../purge/run-purge.js';
import { withStore } from './with-store.js';

/**
 * `npm run purge`: one whole purge, by the tracker that runs on the store, or beside those on Riak;
 * prints its report as JSON.
 * @throws StartError if the store cannot be used, ConfigError if its settings do not go together
 */
export async function purgeCommand(config: Config, log: Log): Promise<void> {
  const purge = () =>
    withStore(config, log, {
      command: 'purge',
      failure: 'the purge failed',
      work: (store) => {
        const components = { store, clock: systemClock, log };
        const policy = createPolicy({ ...components, config, random: Math.random }, 'long');
        return runPurge(
          { ...config, ...components, ...(policy && { policy }) },
          { parallelism: config.purgeParallelism },
        );
      },
    });
  const report = await withProgress('Purging', purge, { isPlainSilent: true });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}
