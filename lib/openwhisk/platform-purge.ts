import { systemClock } from '../environment.js';
import { withFields } from '../log.js';
import { BoundComponents, type ActionParams } from './components.js';
import { invokeItself, invokerOf } from './next-invocation.js';
import { runSlice, type PurgeResult } from './purge-action.js';
import { runIdsOf, type RunIds } from './run.js';
import { stdoutLog } from './stdout-log.js';

/** A purge that failed: its activation is recorded as failed. */
interface PurgeFailure {
  readonly error: string;
}

/**
 * The purge as OpenWhisk runs it, no web action: invoked by a schedule without parameters, and by
 * itself with the parameter `purge`, which says where it stands. Never rejects. Any number may run
 * at once.
 */
export function platformPurge(): (params: ActionParams) => Promise<PurgeResult | PurgeFailure> {
  const bound = new BoundComponents((components) => components);
  const run = async (
    params: ActionParams,
    environment: NodeJS.ProcessEnv,
    ids: RunIds,
  ): Promise<PurgeResult | PurgeFailure> => {
    try {
      return await bound.use(params, (components) => {
        const invoker = invokerOf(environment);
        const log = withFields(components.log, ids);
        return runSlice({ ...components, log }, params['purge'], {
          deadline: Number(environment['__OW_DEADLINE'] ?? systemClock.now() + DEFAULT_TIME_MS),
          invokeNext: (purge) => invokeItself(invoker, { purge }),
        });
      });
    } catch (cause) {
      withFields(stdoutLog('error'), ids).error('purge failed', { cause });
      return { error: 'the purge has failed; its log says why' };
    }
  };
  // A copy: the environment is one for all runs of the process.
  return (params) => run(params, { ...process.env }, runIdsOf(params, process.env));
}

/** How long a run is taken to have if the platform does not say. */
const DEFAULT_TIME_MS = 60_000;
