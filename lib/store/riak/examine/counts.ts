import type { RiakCluster } from '../riak-cluster.js';
import { reasonOf } from '../../../error-message.js';
import { ok, wrong, type Finding } from '../../../finding.js';
import { testKey } from '../../test-key.js';
import type { RiakSite } from './site.js';
import { remedyFor } from './remedies.js';

/** Tries out what the tracker does with download counts. */
export async function* examineCounts(cluster: RiakCluster, site: RiakSite): AsyncGenerator<Finding> {
  const { caller, counts } = cluster;
  const subject = `a count in ${site.countBucketType}/${site.countBucket}`;
  const key = testKey();
  try {
    await caller.call(counts.increment(key, 2), site.callTimeoutMs);
    await caller.call(counts.increment(key, 1), site.callTimeoutMs);
    const count = await caller.call(counts.count(key), site.callTimeoutMs);
    yield count === 3
      ? ok(subject, 'counts')
      : wrong(
          subject,
          `is ${count} after 2 and 1 were added`,
          'riak admin transfers; riak admin member-status',
        );
  } catch (error) {
    const reason = reasonOf(error);
    yield wrong(subject, reason, remedyFor(reason, site));
  } finally {
    await caller.call(counts.remove(key, undefined), site.callTimeoutMs).catch(() => undefined);
  }
}
