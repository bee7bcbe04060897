import type { Finding } from '../../finding.js';
import { defineStore } from '../driver.js';
import { s3Options, s3Settings } from './settings.js';

/** STORE=s3: a bucket of S3, or of a server that speaks its API. */
export const s3Driver = defineStore({
  settings: s3Settings,
  runsInActions: true,
  check(values) {
    s3Options(values);
  },
  async open(values, context) {
    const { openS3Store } = await import(/* webpackMode: "eager" */ './s3-store.js');
    return openS3Store({ ...s3Options(values), ...context });
  },
  async create(values, context) {
    const { createBucket } = await import(/* webpackMode: "eager" */ './create.js');
    const made = await createBucket({ ...s3Options(values), ...context });
    return `bucket ${values.s3Bucket}: ${made ? 'made' : 'is there'}`;
  },
  examine(values) {
    const options = s3Options(values);
    return (async function* (): AsyncGenerator<Finding> {
      const { examineS3 } = await import(/* webpackMode: "eager" */ './examine/examine.js');
      yield* examineS3(options);
    })();
  },
});
