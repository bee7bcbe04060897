import { getOnce } from '../../openwhisk/get-once.mjs';
import { ok, reasonOf, wrong, type Finding } from '../finding.js';
import { remedyFor, renderAgain } from './remedies.js';

export async function examineHealth(gateway: string): Promise<Finding> {
  const subject = `${gateway}/health`;
  try {
    const { status, body, milliseconds } = await getOnce(`${gateway}/health`, {});
    if (status === 200 && body.toString() === 'ok\n') return ok(subject, `is ok, after ${milliseconds} ms`);
    const remedy =
      status === 503
        ? "a scrape is not answered: see platform_status in nginx's access log, and what is said of OpenWhisk and the store here"
        : renderAgain;
    return wrong(subject, `status ${status}: ${body.toString().slice(0, 100).trim()}`, remedy);
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, gateway));
  }
}
