import { integer, networks, text } from '../settings/setting.js';

const headersTimeoutMs = integer('HEADERS_TIMEOUT', {
  description: 'How long a client may take to send the head of a request.',
  unit: 'milliseconds',
  min: 50,
  max: 300_000,
  default: 10_000,
});

/** The HTTP side of the standalone process. An OpenWhisk action has no use for these. */
export const standaloneSettings = {
  port: integer('PORT', {
    description: 'TCP port to listen on; 0 takes any free one.',
    min: 0,
    max: 65_535,
    default: 6969,
  }),
  host: text('HOST', {
    description: 'Address to listen on; :: is every address, IPv4 and IPv6.',
    takes: 'an address or host name of this machine',
    default: '::',
  }),
  trustedProxies: networks('TRUSTED_PROXIES', {
    description:
      'Proxies whose X-Forwarded-For is believed; the right-most address that is not one of them is the client.',
    default: [],
  }),
  maxConnections: integer('MAX_CONNECTIONS', {
    description: 'Most connections at once; more are closed on arrival.',
    unit: 'connections',
    min: 1,
    max: 1_000_000,
    default: 10_000,
  }),
  headersTimeoutMs,
  requestTimeoutMs: integer('REQUEST_TIMEOUT', {
    description: 'How long a client may take to send a whole request; at least HEADERS_TIMEOUT.',
    unit: 'milliseconds',
    min: 50,
    max: 600_000,
    default: { of: headersTimeoutMs, times: 1.5 },
  }),
  keepAliveTimeoutMs: integer('KEEP_ALIVE_TIMEOUT', {
    description: 'How long a connection is kept for the next request.',
    unit: 'milliseconds',
    min: 1,
    max: 600_000,
    default: 10_000,
  }),
  shutdownTimeoutMs: integer('SHUTDOWN_TIMEOUT', {
    description: 'How long requests in flight and the store may take when the process is asked to stop.',
    unit: 'milliseconds',
    min: 0,
    max: 5000,
    default: 4500,
  }),
};
