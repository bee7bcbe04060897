import type { RiakCluster } from '../riak-cluster.js';
import { reasonOf } from '../../../error-message.js';
import { ok, wrong, type Finding } from '../../../finding.js';
import { testKey } from '../../test-key.js';
import type { RiakDeployment } from '../options.js';
import { remedyFor } from './remedies.js';

/** Tries out what the tracker does with download counts. */
export async function* examineCounts(
  cluster: RiakCluster,
  deployment: RiakDeployment,
): AsyncGenerator<Finding> {
  const { caller, counts } = cluster;
  const subject = `a count in ${deployment.countBucketType}/${deployment.countBucket}`;
  const key = testKey();
  try {
    await caller.call(counts.increment(key, 2), deployment.callTimeoutMs);
    await caller.call(counts.increment(key, 1), deployment.callTimeoutMs);
    const count = await caller.call(counts.count(key), deployment.callTimeoutMs);
    yield count === 3
      ? ok(subject, 'counts')
      : wrong(
          subject,
          `is ${count} after 2 and 1 were added`,
          'riak admin transfers; riak admin member-status',
        );
  } catch (error) {
    const reason = reasonOf(error);
    yield wrong(subject, reason, remedyFor(reason, deployment));
  } finally {
    await caller.call(counts.remove(key, undefined), deployment.callTimeoutMs).catch(() => undefined);
  }
}
