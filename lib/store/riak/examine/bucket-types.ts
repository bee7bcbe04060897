import { bucketTypeProperties, type BucketTypeProperties } from '../inspection.js';
import type { RiakCluster } from '../riak-cluster.js';
import { reasonOf } from '../../../error-message.js';
import { ok, warning, wrong, type Finding } from '../../../finding.js';
import type { RiakDeployment } from '../options.js';
import { createTypes, remedyFor } from './remedies.js';

export interface TypeFindings {
  /** Whether there is a type to try out, of the right kind. */
  readonly usable: boolean;
  readonly findings: readonly Finding[];
}

/**
 * The bucket type of swarms. Whether it has dvv_enabled is not among what Riak tells; writing shows
 * it.
 */
export function examineSwarmType(cluster: RiakCluster, deployment: RiakDeployment): Promise<TypeFindings> {
  const type = deployment.swarmBucketType;
  return examineType(
    cluster,
    deployment,
    type,
    undefined,
    ({ datatype, allowMult, lastWriteWins }, subject) => {
      if (datatype !== undefined) {
        return wrong(
          subject,
          `is for the data type ${datatype}`,
          anotherType('RIAK_SWARM_BUCKET_TYPE', type),
        );
      }
      if (!allowMult || lastWriteWins) {
        return wrong(
          subject,
          'keeps only one of two concurrent announces',
          `riak admin bucket-type update ${type} '{"props":{"allow_mult":true,"last_write_wins":false}}'`,
        );
      }
      return ok(subject, 'keeps concurrent announces as siblings');
    },
  );
}

export function examineCountType(cluster: RiakCluster, deployment: RiakDeployment): Promise<TypeFindings> {
  const type = deployment.countBucketType;
  return examineType(cluster, deployment, type, 'counter', ({ datatype }, subject) =>
    datatype === 'counter'
      ? ok(subject, 'has counters')
      : wrong(
          subject,
          datatype === undefined ? 'is for plain objects' : `is for the data type ${datatype}`,
          anotherType('RIAK_COUNT_BUCKET_TYPE', type),
        ),
  );
}

async function examineType(
  cluster: RiakCluster,
  deployment: RiakDeployment,
  type: string,
  datatype: string | undefined,
  judge: (properties: BucketTypeProperties, subject: string) => Finding,
): Promise<TypeFindings> {
  const subject = `bucket type ${type}`;
  try {
    const properties = await cluster.caller.call(bucketTypeProperties(type), deployment.callTimeoutMs);
    return {
      usable: properties.datatype === datatype,
      findings: [judge(properties, subject), ...findingsOnCopies(properties, type, deployment)],
    };
  } catch (error) {
    const reason = reasonOf(error);
    if (/permission/i.test(reason)) {
      const grant = `riak admin security grant riak_core.get_bucket_type on ${type} to ${deployment.auth?.user ?? 'USER'}`;
      return { usable: true, findings: [warning(subject, 'this user may not look at it', grant)] };
    }
    const detail = /no_type|no bucket-type|invalid bucket type/i.test(reason)
      ? 'is not there, or not active'
      : reason;
    return { usable: false, findings: [wrong(subject, detail, remedyFor(reason, deployment))] };
  }
}

function findingsOnCopies(
  properties: BucketTypeProperties,
  type: string,
  deployment: RiakDeployment,
): Finding[] {
  const { nVal, primariesForReads, primariesForWrites } = properties;
  const subject = `copies in bucket type ${type}`;
  const update = (props: string): string => `riak admin bucket-type update ${type} '{"props":{${props}}}'`;
  if (primariesForReads > 0 || primariesForWrites > 0) {
    return [wrong(subject, 'announces fail while a node is down', update('"pr":0,"pw":0'))];
  }
  if (nVal < 2 && deployment.nodes.length > 1) {
    return [
      warning(
        subject,
        `n_val is ${nVal}: what a node has is away while that node is`,
        `RIAK_N_VAL=3 ${createTypes} with the name of a new type, or update this one before there is data: ${update('"n_val":3')}`,
      ),
    ];
  }
  return [ok(subject, `n_val is ${nVal}`)];
}

/** The data type of a bucket type is for ever. */
function anotherType(setting: string, type: string): string {
  return `choose another name, ${setting}=${type}2, and run with it: ${createTypes}`;
}
