import { getOnce, type Answer } from '../../deployment/get-once.mjs';
import { failureIn } from '../../deployment/web-action-client.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, warning, wrong, type Finding } from '../../finding.js';
import { remedyFor, renderAgain } from './remedies.js';

/** Longer than a header of the controller may be. */
const tooLong = 9000;

/** Whether requests that OpenWhisk could not take become failures that a client can show. */
export async function* examineRefusals(gateway: string): AsyncGenerator<Finding> {
  yield await refused(gateway, 'bytes that are not ASCII', `/announce?info_hash=${'\xff'.repeat(20)}`);
  yield await refused(gateway, 'a request that is too long', `/scrape?info_hash=${'a'.repeat(tooLong)}`);
}

async function refused(gateway: string, subject: string, target: string): Promise<Finding> {
  try {
    const answer = await getOnce(gateway, {}, target);
    const reason = failureIn(answer.body);
    if (answer.status === 200 && isPlain(answer) && reason !== undefined)
      return ok(subject, `get the failure: ${reason}`);
    return warning(
      subject,
      `get status ${answer.status} and no failure that a client could show`,
      renderAgain,
    );
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, gateway));
  }
}

function isPlain({ headers }: Answer): boolean {
  return headers['content-type']?.startsWith('text/plain') === true;
}
