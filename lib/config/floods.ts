import { integer } from '../settings/setting.js';

/** What one address may ask of a process that has fronts of its own. For OpenWhisk nginx limits. */
export const floodSettings = {
  addressRate: integer('ADDRESS_RATE', {
    description:
      'Announces and scrapes of one IPv4 address, or IPv6 network of 64 bits, that are answered in a second, by HTTP and UDP together, on average; 0 is no limit.',
    unit: 'requests per second',
    min: 0,
    max: 1_000_000,
    default: 1000,
  }),
  addressBurst: integer('ADDRESS_BURST', {
    description: 'How many of them are answered at once.',
    unit: 'requests',
    min: 1,
    max: 10_000_000,
    default: 10_000,
  }),
};

/** What one address may bring into the swarms, however it comes. */
export const addressSettings = {
  addressPeers: integer('ADDRESS_PEERS', {
    description:
      'Peers of one IPv4 address, or IPv6 network of 64 bits, that a small swarm keeps; more get peers, but are given to nobody. 0 is no limit.',
    unit: 'peers',
    min: 0,
    max: 100_000,
    default: 64,
  }),
  addressSwarms: integer('ADDRESS_SWARMS', {
    description:
      'Torrents that nobody announces which one address may begin to announce in a minute, on average, and ten times as many at once; 0 is no limit.',
    unit: 'torrents per minute',
    min: 0,
    max: 10_000_000,
    default: 3000,
  }),
};
