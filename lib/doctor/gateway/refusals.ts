import { getOnce, type Answer } from '../../deployment/get-once.mjs';
import { failureIn } from '../../deployment/web-action-client.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, warning, wrong, type Finding } from '../../finding.js';
import { remedyFor, type GatewayRules } from './remedies.js';

/** Longer than a header of the controller may be. */
const tooLong = 9000;

/** What HTTP has for requests that it cannot take. */
const REFUSED: ReadonlySet<number> = new Set([400, 414, 431]);

/** Whether requests that OpenWhisk could not take become failures that a client can show. */
export async function* examineRefusals(gateway: string, rules: GatewayRules): AsyncGenerator<Finding> {
  yield await refused(gateway, rules, 'bytes that are not ASCII', `/announce?info_hash=${'\xff'.repeat(20)}`);
  yield await refused(
    gateway,
    rules,
    'a request that is too long',
    `/scrape?info_hash=${'a'.repeat(tooLong)}`,
  );
}

async function refused(
  gateway: string,
  rules: GatewayRules,
  subject: string,
  target: string,
): Promise<Finding> {
  try {
    const answer = await getOnce(gateway, {}, target);
    const reason = failureIn(answer.body);
    if (answer.status === 200 && isPlain(answer) && reason !== undefined)
      return ok(subject, `get the failure: ${reason}`);
    if (rules.refusesByStatus && REFUSED.has(answer.status))
      return ok(subject, `are refused with status ${answer.status}`);
    return warning(
      subject,
      `get status ${answer.status} and no failure that a client could show`,
      rules.mend,
    );
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, gateway, rules));
  }
}

function isPlain({ headers }: Answer): boolean {
  return headers['content-type']?.startsWith('text/plain') === true;
}
