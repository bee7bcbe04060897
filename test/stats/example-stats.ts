import type { Figures, Totals } from '../../lib/stats/stats.js';

/** A busy tracker. */
export const exampleFigures: Figures & {
  readonly totals: Totals;
  readonly served: NonNullable<Figures['served']>;
} = {
  version: '0.1.0',
  at: '2026-11-30T16:00:00.000Z',
  isStoreReachable: true,
  totals: {
    countedAt: '2026-11-30T15:47:40.000Z',
    ageSeconds: 740,
    torrents: 12_345,
    peers: 482_113,
    seeders: 301_877,
    leechers: 180_236,
    completed: 1_204_577,
  },
  served: {
    startedAt: '2026-11-20T00:00:00.000Z',
    uptimeSeconds: 912_345,
    lastMinute: { announces: 298, scrapes: 12 },
    lastHour: { announces: 17_880, scrapes: 844 },
    sinceStart: { announces: 4_219_345, scrapes: 88_123 },
    completed: 20_931,
    day: {
      slotSeconds: 900,
      announces: Array.from({ length: 96 }, (_, at) => Math.round(4000 + 2500 * Math.sin(at / 15))),
    },
  },
  udp: {
    received: 9_120_344,
    connects: 2_002_111,
    wrongIds: 1200,
    malformed: 30,
    tooFast: 4,
    tooMany: 0,
    openRequests: 2,
    sockets: 2,
    unsent: 7,
    overflowed: 12,
  },
  runs: null,
  largestSwarms: [
    { infohash: 'a'.repeat(40), peers: 9120 },
    { infohash: '0123456789abcdef0123456789abcdef01234567', peers: 4001 },
  ],
};

export const exampleStats = { ...exampleFigures, announceUrls: ['https://tracker.example/announce'] };
