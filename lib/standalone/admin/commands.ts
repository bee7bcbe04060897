import type { Config } from '../../config.js';
import type { Clock } from '../../environment.js';
import type { Log } from '../../log.js';
import type { Policies } from '../../policy/policies.js';
import { fetchReport } from '../../purge/report.js';
import { runPurge } from '../../purge/run-purge.js';
import type { Store } from '../../store/store.js';
import type { AdminCommand } from './server.js';
import { tryWrite } from '../../store/try-write.js';
import { policyStoreCommand } from './policy-store-command.js';

export interface AdminComponents {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy?: Policies;
}

/** What a running tracker does for commands, by name. Each is a function of its parameters. */
export function adminCommands(components: AdminComponents): ReadonlyMap<string, AdminCommand> {
  const { config, store } = components;
  return new Map<string, AdminCommand>([
    [
      // One whole purge. @returns PurgeReport
      'purge',
      async (_, signal) => {
        const options = { parallelism: config.purgeParallelism, isStopped: () => signal.aborted };
        const report = await runPurge({ ...config, ...components }, options);
        if (report === undefined) throw new Error('the tracker stops; the purge was not ended');
        return report;
      },
    ],
    // What the last purge reported. @returns PurgeReport, or null if there was none
    ['report', () => fetchReport(store)],
    // Writes something, reads it and removes it. @returns how long the write took, in milliseconds
    ['try-write', () => tryWrite(store)],
    // One operation on the stored lists: see AdminPolicyStore. @returns its result
    ['policy-store', (parameters) => policyStoreCommand(store, parameters)],
    // What a SIGHUP does. Rejects if a list cannot be read
    ['reload', async () => components.policy?.reload()],
  ]);
}
