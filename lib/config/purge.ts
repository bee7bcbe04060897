import { integer } from '../settings/setting.js';

/** Housekeeping: nobody sees expired peers, purged or not; a purge frees the room they take. */
export const purgeSettings = {
  purgeIntervalSeconds: integer('PURGE_INTERVAL', {
    description:
      'How often the standalone process purges; 0: never. Of several processes on one Riak one is enough.',
    unit: 'seconds',
    min: 0,
    max: 604_800,
    default: 1800,
  }),
  purgeParallelism: integer('PURGE_PARALLELISM', {
    description: 'How many swarms a purge cleans at once.',
    unit: 'swarms',
    min: 1,
    max: 256,
    default: 8,
  }),
};
