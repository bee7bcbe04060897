import { systemClock } from '../../../environment.js';
import type { RiakNodeAddress } from '../options.js';
import { openRiakCluster, type RiakCluster } from '../riak-cluster.js';
import { silentLog } from '../../../silent-log.js';
import type { Finding } from '../../../finding.js';
import { examineCountType, examineSwarmType } from './bucket-types.js';
import { examineCounts } from './counts.js';
import { examineNode } from './nodes.js';
import type { RiakDeployment } from '../options.js';
import { examineSwarms } from './swarms.js';

/**
 * Looks at a Riak cluster as the tracker would use it: every node, both bucket types, and each kind
 * of request that the tracker sends. What depends on something that is wrong is not looked at.
 */
export async function* examineRiak(deployment: RiakDeployment): AsyncGenerator<Finding> {
  const reachable: RiakNodeAddress[] = [];
  for (const node of deployment.nodes) {
    const finding = await connected({ ...deployment, nodes: [node] }, (cluster) =>
      examineNode(cluster, node, deployment),
    );
    if (finding.verdict === 'ok') reachable.push(node);
    yield finding;
  }
  if (reachable.length === 0) return;
  // Not through the others: a write that one of them takes up late would come back after it was
  // cleaned up.
  const cluster = connect({ ...deployment, nodes: reachable });
  try {
    const swarmType = await examineSwarmType(cluster, deployment);
    yield* swarmType.findings;
    if (swarmType.usable) yield* examineSwarms(cluster, deployment);
    const countType = await examineCountType(cluster, deployment);
    yield* countType.findings;
    if (countType.usable) yield* examineCounts(cluster, deployment);
  } finally {
    await cluster.caller.close();
  }
}

function connect(deployment: RiakDeployment): RiakCluster {
  return openRiakCluster({ ...deployment, log: silentLog, clock: systemClock, random: Math.random });
}

async function connected<T>(
  deployment: RiakDeployment,
  use: (cluster: RiakCluster) => Promise<T>,
): Promise<T> {
  const cluster = connect(deployment);
  try {
    return await use(cluster);
  } finally {
    await cluster.caller.close();
  }
}
