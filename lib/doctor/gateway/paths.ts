import { getOnce } from '../../deployment/get-once.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, wrong, type Finding } from '../../finding.js';
import { remedyFor, type GatewayRules } from './remedies.js';

/** What a gateway that passes everything on would have OpenWhisk answer. */
const apiPaths = [
  '/api/v1',
  '/api/v1/namespaces',
  '/api/v1/namespaces/_/actions',
  '/api/v1/web/guest/tracker/announce.http',
];
const otherPaths = ['/announce/', '/announce.php', '/%61nnounce', '//announce', '/x/../announce'];

/** Whether nothing else can be reached through the gateway, OpenWhisk's API least of all. */
export async function* examinePaths(gateway: string, rules: GatewayRules): AsyncGenerator<Finding> {
  yield await allNotFound(gateway, rules, "OpenWhisk's API through the gateway", apiPaths);
  yield await allNotFound(gateway, rules, 'other paths of the gateway', otherPaths);
}

async function allNotFound(
  gateway: string,
  rules: GatewayRules,
  subject: string,
  paths: readonly string[],
): Promise<Finding> {
  try {
    for (const path of paths) {
      const { status } = await getOnce(gateway, {}, path);
      if (status !== 404)
        return wrong(subject, `${path} is answered with status ${status}, not 404`, rules.mend);
    }
    return ok(subject, `${paths.length} are 404`);
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, gateway, rules));
  }
}
