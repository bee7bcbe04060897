import type { Config } from '../../lib/config.js';
import { riakOptions } from '../../lib/config/riak.js';
import type { Examination } from './finding.js';
import { examineLmdb } from './lmdb.js';
import { examineRiak } from './riak/examine.js';

/**
 * What there is to look at under these settings. A part of a site that is not the store, such as a gateway, is one more entry.
 * @throws ConfigError if settings do not go together
 */
export function examinations(config: Config): Examination[] {
  return [storeExamination(config)];
}

function storeExamination(config: Config): Examination {
  switch (config.storeName) {
    case 'lmdb':
      return () => examineLmdb(config);
    case 'riak': {
      const options = riakOptions(config);
      return () => examineRiak(options);
    }
  }
}
