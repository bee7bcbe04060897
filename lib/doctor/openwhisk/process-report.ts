import { QUESTION_HEADER, REPORT_HEADER } from '../../openwhisk/process-report.js';
import type { Answer } from '../../deployment/get-once.mjs';
import type { PlatformDeployment } from '../deployment.js';
import { straightTo, type Route } from '../route.js';

/** What the process that answered tells of itself; see lib/openwhisk/process-report.ts. */
export interface ProcessReport {
  /** Names the process. */
  readonly process: string;
  /** The most runs that it had under way meanwhile. */
  readonly most: number;
}

/** A route on which answers have a report. */
export function askingForReports(deployment: PlatformDeployment): Route {
  return straightTo(deployment, { [QUESTION_HEADER]: '1' });
}

/** Undefined if there is none: the actions are of another version. */
export function reportOf({ headers }: Answer): ProcessReport | undefined {
  // Node has the names of headers in lower case.
  const header = String(headers[REPORT_HEADER.toLowerCase()]);
  const [, process = '', most] = /^(\w+) (\d+)$/.exec(header) ?? [];
  return most === undefined ? undefined : { process, most: Number(most) };
}
