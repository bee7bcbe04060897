import { announceQuery } from '../../deployment/web-action-client.mjs';
import type { Answer } from '../../deployment/get-once.mjs';
import { reasonOf } from '../../error-message.js';
import { note, ok, warning, wrong, type Finding } from '../../finding.js';
import type { PlatformDeployment } from '../deployment.js';
import { platformReply } from '../route.js';
import { askingForReports, reportOf } from './process-report.js';
import { allowConcurrency, remedyFor } from './remedies.js';

/** Few enough for a namespace at its default limits, and enough to meet in one process. */
const announces = 8;
/**
 * Announces can be too quick to meet; that they are so every time is another matter. Where they may
 * not meet, once is enough.
 */
const rounds = (allowed: number | undefined): number => (allowed === 1 ? 1 : 3);

const subject = 'runs at once in a container';

/**
 * Whether a container really has several runs at once, by what the processes say who answer
 * announces that are sent at once. Times are told, not judged: they depend on which containers are
 * warm.
 * @param allowed what the deployed action may have; undefined if nobody said
 */
export async function examineConcurrency(
  deployment: PlatformDeployment,
  allowed: number | undefined,
): Promise<Finding> {
  const ask = askingForReports(deployment);
  const announce = (): Promise<Answer> => ask('announce', announceQuery('stopped'));
  try {
    const alone = await announce();
    platformReply(alone);
    if (reportOf(alone) === undefined) {
      return note(subject, 'not looked at: the deployed actions are of another version and do not tell');
    }
    let seen = '';
    for (let round = 0; round < rounds(allowed); round++) {
      const started = performance.now();
      const answers = await Promise.all(Array.from({ length: announces }, announce));
      const together = Math.round(performance.now() - started);
      for (const answer of answers) platformReply(answer);
      const reports = answers.map(reportOf).filter((report) => report !== undefined);
      const most = Math.max(...reports.map((report) => report.most));
      const processes = new Set(reports.map(({ process }) => process)).size;
      seen = `${announces} announces at once took ${together} ms in ${processes} processes, one alone ${alone.milliseconds} ms`;
      if (most > 1) return ok(subject, `${most} in one process; ${seen}`);
      // A second process although the first could have taken it.
      if (processes > 1) break;
    }
    return oneAtATime(seen, allowed);
  } catch (error) {
    return wrong(
      subject,
      `announces sent at once: ${reasonOf(error)}`,
      failureRemedy(error, deployment, allowed),
    );
  }
}

function oneAtATime(seen: string, allowed: number | undefined): Finding {
  if (allowed !== undefined && allowed > 1) {
    return warning(subject, `one, although ${allowed} are allowed; ${seen}`, allowConcurrency);
  }
  return warning(
    subject,
    `one, so that every announce under way takes a container; ${seen}`,
    `${allowConcurrency}; then deploy with ACTION_CONCURRENCY=64`,
  );
}

/**
 * An error of a container that gets a second run and does not take it is like any other: it is the
 * first thing to look at.
 */
function failureRemedy(error: unknown, deployment: PlatformDeployment, allowed: number | undefined): string {
  const usual = remedyFor(error, deployment);
  return allowed !== undefined && allowed > 1 && usual.startsWith('wsk activation')
    ? `${allowConcurrency}; until then ACTION_CONCURRENCY=1; ${usual}`
    : usual;
}
