/**
 * `npm run doctor`: looks at what the tracker's settings lead to, and says what is wrong and what
 * mends it.
 */
import { parseArgs } from 'node:util';

import { ConfigError } from '../config.js';
import { givenSettings, withOrigin, type GivenSettings } from '../config/given.js';
import { examinations } from './examinations.js';
import { nameFindings } from './names.js';
import type { Examination, Finding } from '../finding.js';
import { isWell, jsonReport, textReport } from './report.js';
import { deploymentOf } from './deployment.js';

const usage = `Usage: npm run doctor [-- [--settings FILE] [--json]]

Checks what the tracker needs, by the tracker's own settings: environment variables, then FILE, e.g.
STORE=riak RIAK_NODES=10.0.0.11:8087,10.0.0.12:8087 npm run doctor
What it writes to try things out it removes again. Ends with status 0 if nothing is wrong, else 1.

The store is always looked at. With OPENWHISK_APIHOST, OPENWHISK_NAMESPACE and TRACKER_SECRET, and OPENWHISK_AUTH if it
may look at the API, also the actions on OpenWhisk and the limits of their namespace; with GATEWAY_URL, e.g.
http://tracker.example.org, the gateway.

  DOCTOR_BURST  how many announces to send for the limits, 0 to 5000; 130 if not set, 0 sends none. They count as
                invocations of the namespace: at its default limits clients are refused for the rest of the minute.
`;

/** Statuses that the process ends with. */
const sick = 1;
const misused = 2;

export interface Invocation {
  /** What follows the program's name on the command line. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
}

/** @returns the status for the process to end with */
export async function main({ args, environment, write }: Invocation): Promise<number> {
  let options: Options;
  try {
    options = optionsOf(args);
  } catch (error) {
    write(`${(error as Error).message}\n\n${usage}`);
    return misused;
  }
  if (options.help === true) {
    write(usage);
    return 0;
  }
  let given: GivenSettings;
  let all: Examination[];
  try {
    given = givenSettings(environment, options.settings ?? options['env-file']);
    all = examinationsOf(given);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    write(`${error.message}\n`);
    return misused;
  }
  const report = options.json === true ? jsonReport : textReport;
  const findings: Finding[] = [];
  const add = (finding: Finding): void => {
    findings.push(finding);
    write(report.finding(finding));
  };
  nameFindings(given).forEach(add);
  for (const examine of all) {
    for await (const finding of examine()) add(finding);
  }
  write(report.end(findings));
  return isWell(findings) ? 0 : sick;
}

/** @throws ConfigError for a setting that cannot be used */
function examinationsOf(given: GivenSettings): Examination[] {
  try {
    return examinations(deploymentOf(given.values));
  } catch (error) {
    throw withOrigin(given, error);
  }
}

type Options = ReturnType<typeof optionsOf>;

/** @throws Error of node:util for arguments that it does not know */
function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      settings: { type: 'string' },
      // Its name before.
      'env-file': { type: 'string' },
    },
  });
  return values;
}
