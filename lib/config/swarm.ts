import { integer } from '../settings/setting.js';

/** How swarms are cut into shards and which shards a process keeps. */
export const swarmSettings = {
  shardPeers: integer('SHARD_PEERS', {
    description: 'Peers that a shard holds before it splits.',
    unit: 'peers',
    min: 2,
    max: 8192,
    default: 192,
  }),
  warmBytes: integer('WARM_BYTES', {
    description: 'Memory for recently used shards; 0 keeps none.',
    unit: 'bytes',
    min: 0,
    max: 17_179_869_184,
    default: 67_108_864,
  }),
  warmSeconds: integer('WARM_SECONDS', {
    description: 'How old a kept shard may be before it is fetched again; 0 keeps none.',
    unit: 'seconds',
    min: 0,
    max: 300,
    default: 5,
  }),
  refreshEvery: integer('REFRESH_EVERY', {
    description:
      'Of so many announces in a row that say nothing new one is written; PEER_LIFETIME must be longer than as many of the longest intervals.',
    unit: 'announces',
    min: 1,
    max: 24,
    default: 1,
  }),
};
