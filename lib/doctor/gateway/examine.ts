import { tryBinaryHashes } from '../binary-hashes.js';
import { reasonOf } from '../../error-message.js';
import { wrong, type Finding } from '../../finding.js';
import { clientReply, throughGateway } from '../route.js';
import { examineForgery } from './forgery.js';
import { examineHealth } from './health.js';
import { examinePage } from './page.js';
import { examinePaths } from './paths.js';
import { examineRefusals } from './refusals.js';
import { remedyFor, rulesOf, type GatewayRules } from './remedies.js';
import { examineReplies } from './replies.js';

/**
 * Looks at the gateway as a client sees it. What depends on something that is wrong is not looked
 * at. @param gateway URL without a path
 */
export async function* examineGateway(gateway: string): AsyncGenerator<Finding> {
  const rules = await rulesOf(gateway);
  const { finding: health, isReachable } = await examineHealth(gateway, rules);
  yield health;
  if (!isReachable) return;
  yield* examinePaths(gateway, rules);
  yield await examinePage(gateway, rules);
  yield* examineRefusals(gateway, rules);
  let areWell = true;
  for await (const finding of examineReplies(gateway, rules)) {
    areWell &&= finding.verdict !== 'wrong';
    yield finding;
  }
  if (!areWell) return;
  yield* examineForgery(gateway, rules);
  yield await examineHashes(gateway, rules);
}

async function examineHashes(gateway: string, rules: GatewayRules): Promise<Finding> {
  const subject = 'infohashes, through the gateway';
  try {
    const route = throughGateway(gateway);
    return await tryBinaryHashes({ subject, route, replyOf: clientReply, remedy: rules.mend });
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, gateway, rules));
  }
}
