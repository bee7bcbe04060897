import type { Answer } from '../../openwhisk/get-once.mjs';
import type { PlatformSite } from '../site.js';
import { straightTo, type Way } from '../way.js';

/** What the process that answered tells of itself; see lib/openwhisk/process-report.ts. */
export interface ProcessReport {
  /** Names the process. */
  readonly process: string;
  /** The most runs that it had under way meanwhile. */
  readonly most: number;
}

/** A way on which answers have a report. */
export function askingForReports(site: PlatformSite): Way {
  return straightTo(site, { 'X-Tracker-Probe': '1' });
}

/** Undefined if there is none: the actions are of another version. */
export function reportOf({ headers }: Answer): ProcessReport | undefined {
  const [, process = '', most] = /^(\w+) (\d+)$/.exec(String(headers['x-tracker-process'])) ?? [];
  return most === undefined ? undefined : { process, most: Number(most) };
}
