/** What mends what Riak complains about. */
import type { RiakDeployment } from '../options.js';

export const createTypes = 'deploy/riak/create-bucket-types.sh';

/** A remedy for a request that failed, by Riak's own words. */
export function remedyFor(reason: string, deployment: RiakDeployment): string {
  if (/permission/i.test(reason)) return grants(deployment);
  if (/no_type|no bucket-type|invalid bucket type/i.test(reason)) return createTypes;
  if (reason.includes('indexes_not_supported')) {
    return 'storage_backend = leveled in riak.conf of every node: bitcask and memory have no secondary indexes (deploy/riak/riak.conf)';
  }
  if (/insufficient_vnodes|_val_unsatisfied|all_nodes_down/.test(reason)) {
    return 'start the nodes that are down: riak admin member-status';
  }
  if (/timeout|no answer|overload/i.test(reason)) {
    return 'see whether the nodes are overloaded: riak admin status; or allow more time: RIAK_CALL_TIMEOUT, RIAK_KEYS_TIMEOUT';
  }
  return 'see the log of the Riak node, console.log';
}

/** Everything that the tracker and its purge do. */
export function grants(deployment: RiakDeployment): string {
  const user = deployment.auth?.user ?? 'USER';
  const grant = (permissions: string, type: string, bucket: string): string =>
    `riak admin security grant ${permissions} on ${type} ${bucket} to ${user}`;
  return [
    grant(
      'riak_kv.get,riak_kv.put,riak_kv.delete,riak_kv.index',
      deployment.swarmBucketType,
      deployment.swarmBucket,
    ),
    grant('riak_kv.get,riak_kv.put,riak_kv.delete', deployment.countBucketType, deployment.countBucket),
  ].join(' && ');
}
