import { announceQuery, problemOf } from '../../deployment/web-action-client.mjs';
import type { Answer } from '../../deployment/get-once.mjs';
import { reasonOf } from '../../error-message.js';
import { note, ok, wrong, type Finding } from '../../finding.js';
import type { PlatformDeployment } from '../deployment.js';
import { NoReplyError } from '../route.js';
import type { Api, NamespaceLimits } from './api.js';
import { askingForReports, reportOf } from './process-report.js';
import { atOnceRemedy, perMinuteRemedy, remedyFor } from './remedies.js';

/** OpenWhisk's own, which no deployment with clients can live with. */
const defaultPerMinute = 60;
const defaultAtOnce = 30;

/** So many announces are under way at any time of the burst: more than the default limit. */
const underWay = 40;

/**
 * The platform counts by the minute of the clock: of so many within a minute, more than the default
 * allows fall into the same one.
 */
const enoughForTheMinute = 2 * defaultPerMinute;
const minuteMs = 60_000;

/** What came of a burst. */
class Burst {
  sent = 0;
  answered = 0;
  perMinute: Refusal | undefined;
  atOnce: Refusal | undefined;
  failure: unknown;
  /** The most runs that were seen under way at once. */
  most = 0;
  /** How long it took. */
  milliseconds = 0;

  /** Sends until all is sent, the minute is used up, or something else than a limit is in the way. */
  async send(size: number, announce: () => Promise<Answer>): Promise<void> {
    const client = async (): Promise<void> => {
      while (this.sent < size && this.perMinute === undefined && this.failure === undefined) {
        this.sent += 1;
        await announce().then(
          (answer) => {
            this.note(answer);
          },
          (error: unknown) => {
            this.failure ??= error;
          },
        );
      }
    };
    const started = performance.now();
    await Promise.all(Array.from({ length: underWay }, client));
    this.milliseconds = performance.now() - started;
  }

  private note(answer: Answer): void {
    const problem = problemOf(answer);
    if (problem === undefined) {
      this.answered += 1;
      this.most = Math.max(this.most, reportOf(answer)?.most ?? 0);
    } else if (answer.status !== 429) {
      this.failure ??= new NoReplyError(answer, problem);
    } else {
      const [, allowed] = /allowed: (\d+)/.exec(problem) ?? [];
      const refusal = { allowed: allowed === undefined ? undefined : Number(allowed) };
      if (/concurrent/i.test(problem)) this.atOnce ??= refusal;
      else this.perMinute ??= refusal;
    }
  }
}

interface Refusal {
  /** The limit, by the platform's own words. */
  readonly allowed: number | undefined;
}

/**
 * Whether the limits of the namespace are OpenWhisk's own, by a burst of announces of which nothing
 * is left, and by what the API says. To be done last: at the default limit it uses up the
 * namespace's minute.
 */
export async function* examineLimits(
  deployment: PlatformDeployment,
  api: Api | undefined,
): AsyncGenerator<Finding> {
  const told = await api?.limits().catch(() => undefined);
  const burst = new Burst();
  if (deployment.burst > 0) {
    yield note(
      'limits',
      `${deployment.burst} announces, ${Math.min(deployment.burst, underWay)} at a time, are sent to ${deployment.namespace} now and count as its invocations of this minute; DOCTOR_BURST sets how many`,
    );
    const ask = askingForReports(deployment);
    await burst.send(deployment.burst, () => ask('announce', announceQuery('stopped')));
  }
  const { failure } = burst;
  if (failure !== undefined) {
    yield wrong('limits', `in a burst of announces: ${reasonOf(failure)}`, remedyFor(failure, deployment));
  }
  yield perMinute(burst, told, deployment);
  yield atOnce(burst, told, deployment);
}

function perMinute(burst: Burst, told: NamespaceLimits | undefined, deployment: PlatformDeployment): Finding {
  const { answered, milliseconds, sent } = burst;
  return judged({
    subject: 'invocations a minute',
    refusal: burst.perMinute,
    told: told?.perMinute,
    tooFew: defaultPerMinute,
    remedy: perMinuteRemedy(deployment),
    through: `${answered} of ${sent} announces were answered`,
    seen: undefined,
    isShown: answered > enoughForTheMinute && milliseconds < minuteMs,
  });
}

function atOnce(burst: Burst, told: NamespaceLimits | undefined, deployment: PlatformDeployment): Finding {
  const { answered, most, sent } = burst;
  return judged({
    subject: 'invocations at once',
    refusal: burst.atOnce,
    told: told?.atOnce,
    tooFew: defaultAtOnce,
    remedy: atOnceRemedy(deployment),
    through: `${answered} of ${sent} announces were answered`,
    seen: `the most under way in one process: ${most}`,
    isShown: most > defaultAtOnce,
  });
}

interface Evidence {
  readonly subject: string;
  readonly refusal: Refusal | undefined;
  /** The limit that the API tells. */
  readonly told: number | undefined;
  /** The default limit. */
  readonly tooFew: number;
  readonly remedy: string;
  /** What came of the burst. */
  readonly through: string;
  /** What else was seen. */
  readonly seen: string | undefined;
  /** Whether what was seen is more than the default limit lets pass. */
  readonly isShown: boolean;
}

function judged(evidence: Evidence): Finding {
  const { subject, refusal, told, tooFew, remedy, through, seen, isShown } = evidence;
  const allowed = refusal?.allowed ?? told;
  const detail = [
    ...(allowed === undefined ? [] : [`the platform allows ${allowed}`]),
    refusal === undefined ? through : `${through}, the others refused with 429`,
    ...(seen === undefined ? [] : [seen]),
  ].join('; ');
  if (allowed !== undefined) return allowed > tooFew ? ok(subject, detail) : wrong(subject, detail, remedy);
  if (refusal !== undefined) return wrong(subject, detail, remedy);
  if (isShown) return ok(subject, `${detail}, more than the default of ${tooFew} allows`);
  return note(subject, `${detail}; whether more than the default of ${tooFew} are allowed is not known`);
}
