import { parseAddress } from '../bittorrent/address.js';
import { Scope, scopeOf } from '../bittorrent/address-scope.js';
import { flag, integer, type Setting } from '../settings/setting.js';

const announceIntervalSeconds = integer('ANNOUNCE_INTERVAL', {
  description: 'How long a client is asked to wait between two announces (BEP 3 interval).',
  unit: 'seconds',
  min: 1,
  max: 86_400,
  default: 1800,
});

const publicAddress: Setting<readonly string[]> = {
  name: 'PUBLIC_ADDRESS',
  description:
    "The address given to others for peers on the tracker's own machine or network, whose own one is of no use outside.",
  takes: 'an IPv4 address, an IPv6 address, or both with a comma between them, e.g. 203.0.113.5,2001:db8::5',
  default: { value: [] },
  secret: false,
  read: (list) => {
    const texts = list.split(',').map((part) => part.trim());
    const addresses = texts.map(parseAddress);
    if (addresses.some((address) => address === undefined || scopeOf(address) <= Scope.machine))
      return undefined;
    const families = new Set(addresses.map((address) => address?.length));
    return families.size === texts.length ? texts : undefined;
  },
};

/** What clients are told, and how much they may ask for. */
export const trackerSettings = {
  announceIntervalSeconds,
  minIntervalSeconds: integer('MIN_INTERVAL', {
    description: 'How soon a client may announce again (BEP 3 min interval); at most ANNOUNCE_INTERVAL.',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    default: { of: announceIntervalSeconds, times: 0.5 },
  }),
  intervalJitterPercent: integer('INTERVAL_JITTER', {
    description: 'Largest random addition to an interval, so that a swarm does not announce in step.',
    unit: 'percent of ANNOUNCE_INTERVAL',
    min: 0,
    max: 100,
    default: 10,
  }),
  peerLifetimeSeconds: integer('PEER_LIFETIME', {
    description: 'How long a peer lives after its last announce; more than the longest jittered interval.',
    unit: 'seconds',
    min: 2,
    max: 604_800,
    default: { of: announceIntervalSeconds, times: 1.5 },
  }),
  numwantDefault: integer('NUMWANT_DEFAULT', {
    description: 'Peers in a reply to a client that does not say how many it wants; at most NUMWANT_MAX.',
    unit: 'peers',
    min: 0,
    max: 1000,
    default: 50,
  }),
  numwantMax: integer('NUMWANT_MAX', {
    description: 'Most peers in one reply, whatever a client wants.',
    unit: 'peers',
    min: 1,
    max: 1000,
    default: 200,
  }),
  scrapeMaxHashes: integer('SCRAPE_MAX_HASHES', {
    description: 'Most infohashes answered in one scrape.',
    unit: 'infohashes',
    min: 1,
    max: 1000,
    default: 100,
  }),
  scrapeIntervalSeconds: integer('SCRAPE_INTERVAL', {
    description: 'How long a client is asked to wait between two scrapes (BEP 48 min_request_interval).',
    unit: 'seconds',
    min: 1,
    max: 86_400,
    default: 900,
  }),
  retryInMinutes: integer('RETRY_IN', {
    description: 'When a client is asked to try again after a failure that passes (BEP 31 retry in).',
    unit: 'minutes',
    min: 1,
    max: 1440,
    default: 5,
  }),
  publicAddress,
  trustIpParameter: flag('TRUST_IP_PARAMETER', {
    description:
      'Believe the announce parameter ip of clients with a private address, if more can reach what it says.',
    default: false,
  }),
  announceTimeoutMs: integer('ANNOUNCE_TIMEOUT', {
    description: 'How long an announce or scrape may take before it is answered with a failure.',
    unit: 'milliseconds',
    min: 10,
    max: 60_000,
    default: 4000,
  }),
};

/** The longest time that a client is told to wait, seconds. */
export function longestIntervalSeconds(settings: {
  readonly announceIntervalSeconds: number;
  readonly intervalJitterPercent: number;
}): number {
  return (settings.announceIntervalSeconds * (100 + settings.intervalJitterPercent)) / 100;
}
