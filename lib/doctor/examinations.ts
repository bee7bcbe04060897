import { riakOptions } from '../config/riak.js';
import type { Examination } from './finding.js';
import { examineGateway } from './gateway/examine.js';
import { examineLmdb } from './lmdb.js';
import { examineNamespace, examineOpenWhisk } from './openwhisk/examine.js';
import { examineRiak } from './riak/examine.js';
import type { Site } from './site.js';

/**
 * What there is to look at in a site. The burst that shows the limits comes last, since what follows it would be refused.
 * @throws ConfigError if settings do not go together
 */
export function examinations(site: Site): Examination[] {
  const { platform, gateway } = site;
  return [
    storeExamination(site),
    ...(platform === undefined ? [] : [() => examineOpenWhisk(platform)]),
    ...(gateway === undefined ? [] : [() => examineGateway(gateway)]),
    ...(platform === undefined ? [] : [() => examineNamespace(platform)]),
  ];
}

function storeExamination({ config }: Site): Examination {
  switch (config.storeName) {
    case 'lmdb':
      return () => examineLmdb(config);
    case 'riak': {
      const options = riakOptions(config);
      return () => examineRiak(options);
    }
  }
}
