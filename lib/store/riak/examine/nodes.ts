import { nodeName } from '../inspection.js';
import type { RiakNodeAddress } from '../options.js';
import type { RiakCluster } from '../riak-cluster.js';
import { reasonOf } from '../../../error-message.js';
import { ok, wrong, type Finding } from '../../../finding.js';
import type { RiakDeployment } from '../options.js';

/** A node takes 5 s to say that a password is wrong, and may have others to check. */
const loginMs = 20_000;

/** Whether a node answers. @param cluster connected to this node only */
export async function examineNode(
  cluster: RiakCluster,
  node: RiakNodeAddress,
  deployment: RiakDeployment,
): Promise<Finding> {
  const subject = `node ${node.host}:${node.port}`;
  const started = performance.now();
  try {
    const name = await cluster.caller.call(
      nodeName(),
      deployment.auth === undefined ? deployment.callTimeoutMs : loginMs,
    );
    return ok(subject, `is ${name}, answered in ${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    const reason = reasonOf(error);
    return wrong(subject, reason, remedyFor(reason, node, deployment));
  }
}

function remedyFor(reason: string, { host, port }: RiakNodeAddress, deployment: RiakDeployment): string {
  if (reason.includes('ECONNREFUSED')) {
    return `riak start on ${host}; it must have listener.protobuf.internal = ${host}:${port} in riak.conf`;
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(reason)) return `name the node as it is known here: RIAK_NODES`;
  if (/please (authenticate|STARTTLS)|security is enabled/i.test(reason)) {
    return 'Riak security is on: set RIAK_USER, RIAK_PASSWORD and RIAK_CA';
  }
  if (/does not offer TLS|STARTTLS not allowed/i.test(reason)) {
    return 'Riak security is off: riak admin security enable; or run without RIAK_USER';
  }
  if (/authentication failed/i.test(reason)) {
    return (
      'compare RIAK_USER and RIAK_PASSWORD with riak admin security print-users and print-sources; ' +
      'with a client certificate, check_crl = off in riak.conf unless there are revocation lists'
    );
  }
  if (/closed by the node|ECONNRESET/.test(reason) && deployment.auth !== undefined) {
    return (
      'give the node a certificate: ssl.certfile, ssl.keyfile and ssl.cacertfile in riak.conf; ' +
      'and check_crl = off there if client certificates come without revocation lists'
    );
  }
  if (/certificate|self-signed|altname|unable to verify/i.test(reason)) {
    return "set RIAK_CA to the certificate of the authority that signed the node's; it must be for the name in RIAK_NODES";
  }
  return `see whether the node is up (riak ping) and nothing between keeps port ${port} from here`;
}
