import type { Config } from '../../lib/config.js';
import { systemClock } from '../../lib/environment.js';
import type { Log } from '../../lib/log.js';
import { runPurge } from '../../lib/purge/run-purge.js';
import { openStore } from './open-store.js';

/** `npm run purge`: one whole purge, beside whatever trackers run on the same store; prints its report as JSON. */
export async function purgeCommand(config: Config, log: Log): Promise<void> {
  const store = await openStore(config, Math.random, log);
  try {
    const report = await runPurge(
      { ...config, store, clock: systemClock, log },
      { parallelism: config.purgeParallelism },
    );
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await store.close();
  }
}
