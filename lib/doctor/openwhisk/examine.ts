import { reasonOf } from '../../error-message.js';
import { note, wrong, type Finding } from '../../finding.js';
import { tryBinaryHashes } from '../binary-hashes.js';
import type { PlatformSite } from '../site.js';
import { platformReply, straightTo } from '../way.js';
import { Api } from './api.js';
import { examineConcurrency } from './concurrency.js';
import { examineDeployment } from './deployment.js';
import { examineLimits } from './limits.js';
import { examineRecords } from './records.js';
import { remedyFor } from './remedies.js';
import { examineAnswer, examineSecret } from './secret.js';

/**
 * Looks at the tracker's actions on OpenWhisk, past the gateway. Where a container may have one run at a time, as at the default limits, that
 * takes less than 30 invocations, elsewhere up to 40; more only while copies of what was announced lag. What depends on something that is wrong is
 * not looked at.
 */
export async function* examineOpenWhisk(site: PlatformSite): AsyncGenerator<Finding> {
  const api = apiOf(site);
  let allowed: number | undefined;
  if (api === undefined) yield note('the API', 'not looked at: OPENWHISK_AUTH is not given');
  else allowed = yield* examineDeployment(site, api);
  yield* examineSecret(site);
  const answer = await examineAnswer(site);
  yield answer;
  if (answer.verdict !== 'ok') return;
  yield await examineHashes(site);
  yield await examineConcurrency(site, allowed ?? site.concurrency);
  if (api !== undefined) yield await examineRecords(site, api);
}

/** The limits of its namespace; see `examineLimits`. */
export function examineNamespace(site: PlatformSite): AsyncGenerator<Finding> {
  return examineLimits(site, apiOf(site));
}

function apiOf(site: PlatformSite): Api | undefined {
  return site.auth === undefined ? undefined : new Api(site, site.auth);
}

async function examineHashes(site: PlatformSite): Promise<Finding> {
  const subject = 'infohashes, straight to the actions';
  try {
    const remedy =
      'something between here and OpenWhisk changes the header X-Original-URI; see docs/openwhisk.md';
    return await tryBinaryHashes({ subject, way: straightTo(site), replyOf: platformReply, remedy });
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, site));
  }
}
