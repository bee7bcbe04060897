import type { Examination } from '../finding.js';
import { driverOf } from '../store/registry.js';
import { examineGateway } from './gateway/examine.js';
import { examineNamespace, examineOpenWhisk } from './openwhisk/examine.js';
import type { Site } from './site.js';

/**
 * What there is to look at in a site. The burst that shows the limits comes last, since what follows it would be refused.
 * @throws ConfigError if settings do not go together
 */
export function examinations(site: Site): Examination[] {
  const { config, platform, gateway } = site;
  const storeFindings = driverOf(config.storeName).examine(config);
  return [
    () => storeFindings,
    ...(platform === undefined ? [] : [() => examineOpenWhisk(platform)]),
    ...(gateway === undefined ? [] : [() => examineGateway(gateway)]),
    ...(platform === undefined ? [] : [() => examineNamespace(platform)]),
  ];
}
