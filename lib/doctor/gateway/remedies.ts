/** What is asked of a gateway, and what mends one. */
import { getOnce } from '../../deployment/get-once.mjs';
import { NoReplyError } from '../route.js';

/** The rules of one kind of gateway. */
export interface GatewayRules {
  /** What mends it. */
  readonly mend: string;
  /** What to do if it says itself that it is not well. */
  readonly mendHealth: string;
  /** Whose addresses to name, if a forged one was believed. */
  readonly mendForgery: string;
  /** What to do if it has no page. */
  readonly mendPage: string;
  /** Whether a request that no tracker could read may be refused by status alone. */
  readonly refusesByStatus: boolean;
}

const renderAgain =
  'render deploy/nginx/templates/tracker.conf.template as docs/openwhisk.md says, nginx -t, and reload nginx';

/** nginx in front of OpenWhisk. */
const openWhiskRules: GatewayRules = {
  mend: renderAgain,
  mendHealth:
    "a scrape is not answered: see platform_status in nginx's access log, and what is said of OpenWhisk and the store here",
  mendForgery: `name only your proxies in set_real_ip_from (tracker.d), and run this where no proxy is; or ${renderAgain}`,
  mendPage: `npm run deploy, for the action stats; then ${renderAgain}`,
  refusesByStatus: false,
};

/** The standalone process, or nginx in front of it. */
const standaloneRules: GatewayRules = {
  mend: 'compare the configuration of nginx with the one in docs/operating.md, nginx -t, and reload nginx',
  mendHealth: "see the tracker's log, and what is said of the store here",
  mendForgery:
    'name only your proxies in TRUSTED_PROXIES and in set_real_ip_from, and run this where no proxy is',
  mendPage: 'have nginx pass on / and /stats.json as well, as in docs/operating.md',
  refusesByStatus: true,
};

/**
 * Which rules hold for this gateway: where one process answers all, a front among them, it says
 * what it has served.
 */
export async function rulesOf(gateway: string): Promise<GatewayRules> {
  try {
    const { status, body } = await getOnce(`${gateway}/stats.json`, {});
    const stats: unknown = status === 200 ? JSON.parse(body.toString()) : undefined;
    return hasServed(stats) ? standaloneRules : openWhiskRules;
  } catch {
    // Whoever asks next says what is wrong.
    return openWhiskRules;
  }
}

function hasServed(stats: unknown): boolean {
  return typeof stats === 'object' && stats !== null && 'served' in stats && stats.served !== null;
}

/** What mends that a client gets no reply. */
export function remedyFor(error: unknown, gateway: string, { mend }: GatewayRules): string {
  if (!(error instanceof NoReplyError))
    return `see whether GATEWAY_URL=${gateway} can be reached from here, and nginx -t`;
  const { message } = error;
  if (message.includes('too many requests'))
    return 'LIMIT_RATE and LIMIT_BURST of the gateway are too small, or others use this address';
  if (message.includes('failure'))
    return "see platform_status in nginx's access log, and what is said of OpenWhisk here (set OPENWHISK_APIHOST)";
  return mend;
}
