import { randomBytes } from 'node:crypto';

import { summarizeError } from '../log/describe-error.js';
import {
  headerOf,
  withHeader,
  type WebAction,
  type WebActionParams,
  type WebActionResult,
} from './web-action.js';

/**
 * A request with this header is a probe: it is told about the process and the deployment that
 * answer. No client can send it: nginx passes no header on.
 */
export const QUESTION_HEADER = 'x-tracker-probe';

/**
 * The answer: a name that the process has given itself, a blank, and the most runs that were under
 * way in it while this one was.
 */
export const REPORT_HEADER = 'X-Tracker-Process';

/** To a probe that failed: why, which clients are not told. Printable ASCII. */
const CAUSE_HEADER = 'X-Tracker-Cause';
const MAX_CAUSE_CHARACTERS = 500;

interface Watch {
  most: number;
}

/**
 * Adds to an action what tells from outside whether a container serves several runs at once: how
 * long runs take tells only whether containers were warm. Counts what is under way, and knows
 * nothing else of other runs.
 */
export function withProcessReport(action: WebAction): WebAction {
  const name = randomBytes(4).toString('hex');
  const watches = new Set<Watch>();
  let underWay = 0;
  const counted: WebAction = async (params, run) => {
    underWay += 1;
    for (const watch of watches) watch.most = Math.max(watch.most, underWay);
    try {
      return await action(params, run);
    } finally {
      underWay -= 1;
    }
  };
  return async (params, run) => {
    if (!isProbe(params)) return counted(params, run);
    const watch: Watch = { most: 0 };
    watches.add(watch);
    try {
      const result = await counted(params, run);
      return withHeader(result, REPORT_HEADER, `${name} ${watch.most}`);
    } finally {
      watches.delete(watch);
    }
  };
}

/** @param params whatever main is called with */
export function isProbe(params: WebActionParams | null | undefined): boolean {
  return headerOf(params ?? {}, QUESTION_HEADER) !== undefined;
}

/** A failure's result, for a probe with its cause. */
export function withCause(
  result: WebActionResult,
  params: WebActionParams | null | undefined,
  error: unknown,
): WebActionResult {
  if (!isProbe(params) || !(error instanceof Error)) return result;
  const cause = summarizeError(error).replace(/[^ -~]+/g, ' ');
  return withHeader(result, CAUSE_HEADER, cause.slice(0, MAX_CAUSE_CHARACTERS));
}
