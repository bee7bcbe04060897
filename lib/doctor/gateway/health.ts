import { getOnce } from '../../deployment/get-once.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, wrong, type Finding } from '../../finding.js';
import { remedyFor, type GatewayRules } from './remedies.js';

export interface Health {
  readonly finding: Finding;
  /** Whether something answered, well or not. */
  readonly isReachable: boolean;
}

/** Whether a scrape is answered through every part; see deploy/nginx. */
export async function examineHealth(gateway: string, rules: GatewayRules): Promise<Health> {
  const subject = `${gateway}/health`;
  try {
    const { status, body, milliseconds } = await getOnce(`${gateway}/health`, {});
    if (status === 200 && body.toString() === 'ok\n') {
      return { finding: ok(subject, `is ok, after ${milliseconds} ms`), isReachable: true };
    }
    const remedy = status === 503 ? rules.mendHealth : rules.mend;
    const detail = `status ${status}: ${body.toString().slice(0, 100).trim()}`;
    return { finding: wrong(subject, detail, remedy), isReachable: true };
  } catch (error) {
    return { finding: wrong(subject, reasonOf(error), remedyFor(error, gateway, rules)), isReachable: false };
  }
}
