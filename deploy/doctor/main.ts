/** `npm run doctor`: looks at what the tracker's settings lead to, and says what is wrong and what mends it. */
import { ConfigError, parseConfig } from '../../lib/config.js';
import { examinations } from './examinations.js';
import type { Examination, Finding } from './finding.js';
import { isWell, jsonReport, textReport } from './report.js';

const usage = `Usage: npm run doctor [-- --json]

Checks what the tracker needs, by the tracker's own settings: environment variables, e.g.
STORE=riak RIAK_NODES=10.0.0.11:8087,10.0.0.12:8087 npm run doctor
What it writes to try things out it removes again. Ends with status 0 if nothing is wrong, else 1.
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
  const [argument] = args;
  if (argument === '--help' || argument === '-h') {
    write(usage);
    return 0;
  }
  if (args.length > 1 || (argument !== undefined && argument !== '--json')) {
    write(`${args.join(' ')}: unknown arguments\n\n${usage}`);
    return misused;
  }
  let all: Examination[];
  try {
    all = examinations(parseConfig(environment));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    write(`${error.message}\n`);
    return misused;
  }
  const report = argument === '--json' ? jsonReport : textReport;
  const findings: Finding[] = [];
  for (const examine of all) {
    for await (const finding of examine()) {
      findings.push(finding);
      write(report.finding(finding));
    }
  }
  write(report.end(findings));
  return isWell(findings) ? 0 : sick;
}
