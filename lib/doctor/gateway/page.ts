import { getOnce } from '../../deployment/get-once.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, warning, type Finding } from '../../finding.js';
import { remedyFor, type GatewayRules } from './remedies.js';

/** Whether people who open the tracker in a browser see its page, with an announce URL. */
export async function examinePage(gateway: string, rules: GatewayRules): Promise<Finding> {
  const subject = `${gateway}/`;
  try {
    const page = await getOnce(`${gateway}/`, {});
    const type = page.headers['content-type'] ?? 'no content type';
    if (page.status !== 200 || !type.startsWith('text/html')) {
      return warning(subject, `is no page: status ${page.status}, ${type}`, rules.mendPage);
    }
    const [, url] = /value="([^"]*\/announce)"/.exec(page.body.toString()) ?? [];
    if (url === undefined) return warning(subject, 'shows no announce URL', rules.mendPage);
    return ok(subject, `is a page, which shows ${url}`);
  } catch (error) {
    return warning(subject, reasonOf(error), remedyFor(error, gateway, rules));
  }
}
