import { newPurge, purgeSlice, type PurgeState } from '../purge/purge.js';
import type { PurgeSummary } from '../purge/summary.js';
import type { TrackerComponents } from '../tracker/components.js';
import { stateOf } from './purge-state.js';

/** What a slice of a purge answers with. */
export type PurgeResult =
  | { readonly done: true; readonly summary: PurgeSummary }
  /** Another run goes on. */
  | { readonly done: false; readonly next: string; readonly summary: PurgeSummary };

/** What one run may use. */
export interface PurgeRun {
  /** When the platform ends the run, milliseconds since the epoch. */
  readonly deadline: number;
  /** Has the purge go on in another run. @returns the activation id of that run */
  readonly invokeNext: (state: PurgeState) => Promise<string>;
}

/** A slice that got nowhere: the next one would not either. */
export class PurgeStalledError extends Error {
  override readonly name = 'PurgeStalledError';
}

/**
 * Runs one slice of a purge, and has the next one invoked if it is not the last.
 * @param given where the purge stands, as the slice before has said; undefined begins a purge
 * @throws StoreError if keys could not be listed, PurgeStalledError; nothing is lost, the next purge begins anew
 */
export async function runPurge(
  components: TrackerComponents,
  given: unknown,
  { deadline, invokeNext }: PurgeRun,
): Promise<PurgeResult> {
  const { config, clock, log } = components;
  const before = given === undefined ? newPurge(clock.now()) : stateOf(given);
  const after = await purgeSlice({ ...components, ...config }, before, {
    parallelism: PARALLELISM,
    pageKeys: PAGE_KEYS,
    budgetMilliseconds: Math.max(0, (deadline - clock.now()) * WORKING_SHARE),
  });
  const { summary } = after;
  if (after.ranges.length === 0) {
    log.info('purge-done', { ...summary, spentMilliseconds: after.spentMilliseconds });
    return { done: true, summary };
  }
  if (!hasAdvanced(before, after))
    throw new PurgeStalledError('a slice looked at nothing: it needs more time');
  return { done: false, next: await invokeNext(after), summary };
}

function hasAdvanced(before: PurgeState, after: PurgeState): boolean {
  return after.summary.shards > before.summary.shards || after.ranges.length < before.ranges.length;
}

/** Swarms that are cleaned at once: enough to hide Riak's answers, few enough to leave it to the announces. */
const PARALLELISM = 8;

const PAGE_KEYS = 500;

/** Of the time that a run has, this much is spent; the rest is for what is under way then, and to invoke the next. */
const WORKING_SHARE = 0.5;
