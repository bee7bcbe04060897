import { integer } from '../settings/setting.js';

/** Housekeeping: nobody sees expired peers, purged or not; a purge frees the room they take. */
export const purgeSettings = {
  purgeIntervalSeconds: integer('PURGE_INTERVAL', {
    description:
      'How often the standalone process purges, first within a minute; 0: never. Of several processes on one Riak one is enough.',
    unit: 'seconds',
    min: 0,
    max: 604_800,
    default: 1800,
  }),
  downloadsLifetimeSeconds: integer('DOWNLOADS_LIFETIME', {
    description: 'A purge forgets the downloads of a swarm that has been empty for this long.',
    unit: 'seconds',
    min: 3600,
    max: 315_360_000,
    default: 2_592_000,
  }),
  purgeParallelism: integer('PURGE_PARALLELISM', {
    description: 'How many swarms a purge cleans at once.',
    unit: 'swarms',
    min: 1,
    max: 256,
    default: 8,
  }),
};
