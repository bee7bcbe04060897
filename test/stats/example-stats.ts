import type { Stats } from '../../lib/stats/stats.js';

/** A busy tracker. */
export const exampleStats: Stats & { readonly served: NonNullable<Stats['served']> } = {
  version: '0.1.0',
  at: '2026-11-30T16:00:00.000Z',
  announceUrls: ['https://tracker.example/announce'],
  isStoreReachable: true,
  totals: {
    countedAt: '2026-11-30T15:47:40.000Z',
    ageSeconds: 740,
    torrents: 12_345,
    peers: 482_113,
    seeders: 301_877,
    leechers: 180_236,
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
  largestSwarms: [
    { infohash: 'a'.repeat(40), peers: 9120 },
    { infohash: '0123456789abcdef0123456789abcdef01234567', peers: 4001 },
  ],
};
