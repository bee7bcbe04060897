import { reasonOf } from '../../error-message.js';
import { note, wrong, type Finding } from '../../finding.js';
import { tryBinaryHashes } from '../binary-hashes.js';
import type { PlatformDeployment } from '../deployment.js';
import { platformReply, straightTo } from '../route.js';
import { Api } from './api.js';
import { examineConcurrency } from './concurrency.js';
import { examineDeployment } from './deployment.js';
import { examineLimits } from './limits.js';
import { examineRecords } from './records.js';
import { remedyFor } from './remedies.js';
import { examineAnswer, examineSecret } from './secret.js';

/**
 * Looks at the tracker's actions on OpenWhisk, past the gateway. Where a container may have one run
 * at a time, as at the default limits, that takes less than 30 invocations, elsewhere up to 40;
 * more only while copies of what was announced lag. What depends on something that is wrong is not
 * looked at.
 */
export async function* examineOpenWhisk(deployment: PlatformDeployment): AsyncGenerator<Finding> {
  const api = apiOf(deployment);
  let allowed: number | undefined;
  if (api === undefined) yield note('the API', 'not looked at: OPENWHISK_AUTH is not given');
  else allowed = yield* examineDeployment(deployment, api);
  yield* examineSecret(deployment);
  const answer = await examineAnswer(deployment);
  yield answer;
  if (answer.verdict !== 'ok') return;
  yield await examineHashes(deployment);
  yield await examineConcurrency(deployment, allowed ?? deployment.concurrency);
  if (api !== undefined) yield await examineRecords(deployment, api);
}

/** The limits of its namespace; see `examineLimits`. */
export function examineNamespace(deployment: PlatformDeployment): AsyncGenerator<Finding> {
  return examineLimits(deployment, apiOf(deployment));
}

function apiOf(deployment: PlatformDeployment): Api | undefined {
  return deployment.auth === undefined ? undefined : new Api(deployment, deployment.auth);
}

async function examineHashes(deployment: PlatformDeployment): Promise<Finding> {
  const subject = 'infohashes, straight to the actions';
  try {
    const remedy =
      'something between here and OpenWhisk changes the header X-Original-URI; see docs/openwhisk.md';
    return await tryBinaryHashes({ subject, route: straightTo(deployment), replyOf: platformReply, remedy });
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, deployment));
  }
}
