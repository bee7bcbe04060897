import type { Store, Version } from '../store/store.js';
import type { PurgeState } from './purge.js';
import type { PurgeSummary } from './summary.js';

/** The outcome of a whole purge. */
export interface PurgeReport extends PurgeSummary {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** How long its slices took together. */
  readonly seconds: number;
}

/** Where the last report is kept: a key that no range of infohashes has in it. */
export const REPORT_KEY = 'purge-report';

export function reportOf(state: PurgeState, now: number): PurgeReport {
  return {
    startedAt: new Date(state.startedAt).toISOString(),
    finishedAt: new Date(now).toISOString(),
    seconds: state.spentMilliseconds / 1000,
    ...state.summary,
  };
}

/** Stores a report in place of the last one. Of two purges that end at once either may stay. */
export async function storeReport(store: Store, report: PurgeReport): Promise<void> {
  const value = Buffer.from(JSON.stringify(report));
  let version: Version | undefined = (await store.fetch(REPORT_KEY)).version;
  for (let attempt = 0; attempt < 3; attempt++) {
    const held = await store.put(REPORT_KEY, value, version);
    if (held.stored) return;
    version = held.version;
  }
}

/** The last report, if there is one that can be read. */
export async function fetchReport(store: Store): Promise<PurgeReport | undefined> {
  const { values } = await store.fetch(REPORT_KEY);
  const [value] = values;
  if (value === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(value).toString()) as PurgeReport;
  } catch {
    return undefined;
  }
}
