import type { Examination } from '../finding.js';
import { driverOf } from '../store/registry.js';
import { examineGateway } from './gateway/examine.js';
import { examineNamespace, examineOpenWhisk } from './openwhisk/examine.js';
import type { Deployment } from './deployment.js';

/**
 * What there is to look at in a deployment. The burst that shows the limits comes last, since what
 * follows it would be refused.
 * @throws ConfigError if settings do not go together
 */
export function examinations(deployment: Deployment): Examination[] {
  const { config, platform, gateway } = deployment;
  const storeFindings = driverOf(config.storeName).examine(config);
  return [
    () => storeFindings,
    ...(platform === undefined ? [] : [() => examineOpenWhisk(platform)]),
    ...(gateway === undefined ? [] : [() => examineGateway(gateway)]),
    ...(platform === undefined ? [] : [() => examineNamespace(platform)]),
  ];
}
