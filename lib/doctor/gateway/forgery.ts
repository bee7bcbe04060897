import { announceQuery, newPeer } from '../../deployment/web-action-client.mjs';
import { reasonOf } from '../../error-message.js';
import { ok, warning, wrong, type Finding } from '../../finding.js';
import { clientReply, throughGateway } from '../route.js';
import { remedyFor, type GatewayRules } from './remedies.js';

/** For documentation only (RFC 5737): nobody has them. */
const forgeries: readonly [header: string, address: string][] = [
  ['X-Real-IP', '198.51.100.1'],
  ['X-Forwarded-For', '198.51.100.2'],
  ['Forwarded', '198.51.100.3'],
];

/** Whether a client can be another address, another request, or the gateway, by headers of its own. */
export async function* examineForgery(gateway: string, rules: GatewayRules): AsyncGenerator<Finding> {
  yield await forgedAddress(gateway, rules);
  yield await forgedRequest(gateway, rules);
}

async function forgedAddress(gateway: string, rules: GatewayRules): Promise<Finding> {
  const subject = 'a forged address';
  const headers = Object.fromEntries(
    forgeries.map(([header, address]) => [header, header === 'Forwarded' ? `for=${address}` : address]),
  );
  try {
    const answer = await throughGateway(gateway, headers)('announce', announceQuery('stopped'));
    const external = clientReply(answer).get('external ip');
    if (!Buffer.isBuffer(external))
      return warning(subject, 'the reply does not say for whom it takes this machine', rules.mend);
    const believed = forgeries.find(([, address]) =>
      external.equals(Buffer.from(address.split('.').map(Number))),
    );
    if (believed === undefined)
      return ok(subject, `is not believed; this machine is ${addressText(external)} to the tracker`);
    return wrong(subject, `${believed[0]} is believed`, rules.mendForgery);
  } catch (error) {
    return wrong(subject, reasonOf(error), remedyFor(error, gateway, rules));
  }
}

/** If the forged request line or secret went on, the reply would be a failure. */
async function forgedRequest(gateway: string, rules: GatewayRules): Promise<Finding> {
  const subject = 'a forged request line and secret';
  const headers = {
    'X-Original-URI': '/announce?forged=1',
    'X-Require-Whisk-Auth': 'guess',
    'X-Request-ID': 'forged',
  };
  try {
    clientReply(await throughGateway(gateway, headers)('announce', announceQuery('stopped', newPeer())));
    return ok(subject, 'are not passed on');
  } catch (error) {
    return wrong(subject, `with them ${reasonOf(error)}`, rules.mend);
  }
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}
