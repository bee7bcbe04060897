import { newPurge, purgeSlice, type PurgeState } from '../purge/purge.js';
import { reportOf, storeReport, type PurgeReport } from '../purge/report.js';
import type { TrackerComponents } from '../tracker/components.js';
import { stateOf } from './purge-state.js';

/** What a run of the purge answers with. */
export type PurgeResult =
  | { readonly done: true; readonly report: PurgeReport }
  /** The activation that goes on. */
  | { readonly done: false; readonly next: string };

/** What one run may use. */
export interface PurgeRun {
  /** When the platform ends the run, milliseconds since the epoch. */
  readonly deadline: number;
  /** Has the purge go on in another run. @returns the activation id of that run */
  readonly invokeNext: (state: PurgeState) => Promise<string>;
}

/**
 * Runs one slice of a purge, and has the next one invoked, or keeps the report if it was the last.
 * @param given where the purge stands, as the run before has said; undefined begins a purge
 * @throws StoreError, PurgeStateError, or what `invokeNext` rejects with; nothing is lost, the next
 *   purge begins anew
 */
export async function runSlice(
  components: TrackerComponents,
  given: unknown,
  { deadline, invokeNext }: PurgeRun,
): Promise<PurgeResult> {
  const { config, clock, log, store } = components;
  const state = await purgeSlice(
    { ...components, ...config },
    given === undefined ? newPurge(clock.now()) : stateOf(given),
    {
      parallelism: config.purgeParallelism,
      pageKeys: PAGE_KEYS,
      budgetMilliseconds: Math.max(MIN_BUDGET, (deadline - clock.now()) * WORKING_SHARE),
    },
  );
  if (state.ranges.length > 0) return { done: false, next: await invokeNext(state) };
  const report = reportOf(state, clock.now());
  await storeReport(store, report);
  log.info('purged', { ...report });
  return { done: true, report };
}

const PAGE_KEYS = 256;

/**
 * Of the time that a run has, this much is spent; the rest is for what is under way then, and to
 * invoke the next.
 */
const WORKING_SHARE = 0.5;

/**
 * Milliseconds. Without any time a slice would get nowhere, and have the next one invoked for ever.
 */
const MIN_BUDGET = 50;
