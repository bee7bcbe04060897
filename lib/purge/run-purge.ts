import type { Store } from '../store/store.js';
import { newPurge, purgeSlice } from './purge.js';
import { reportOf, storeReport, type PurgeReport } from './report.js';
import type { SwarmPurgeComponents } from './swarm-purge.js';

/** Milliseconds of a slice: short, so that a process that is to end does not wait long. */
const SLICE_MS = 250;
/** Keys of a page: few, as a page is worked through without a pause. */
const PAGE_KEYS = 256;

export interface RunPurgeOptions {
  readonly parallelism: number;
  /** Asked between two slices: whether to stop before the end. */
  readonly isStopped?: () => boolean;
}

/**
 * Purges everything in one process, slice after slice, and keeps the report in the store.
 * @returns the report, or undefined if it was stopped before the end
 */
export async function runPurge(
  components: SwarmPurgeComponents & { readonly store: Store },
  { parallelism, isStopped = () => false }: RunPurgeOptions,
): Promise<PurgeReport | undefined> {
  const { clock, store } = components;
  let state = newPurge(clock.now());
  while (state.ranges.length > 0) {
    if (isStopped()) return undefined;
    state = await purgeSlice(components, state, {
      parallelism,
      budgetMilliseconds: SLICE_MS,
      pageKeys: PAGE_KEYS,
    });
  }
  const report = reportOf(state, clock.now());
  await storeReport(store, report);
  return report;
}
