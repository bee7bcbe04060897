import { choice, text, type ValuesOf } from '../../settings/setting.js';

/** STORE=lmdb: the embedded store. */
export const lmdbSettings = {
  dataDirectory: text('DATA_DIR', {
    description: 'Directory of the embedded store; made if it is not there.',
    takes: 'a path',
    default: './data',
  }),
  durability: choice('DURABILITY', {
    description:
      'When an announce is answered: after a flush to disk (survives power loss), or after a commit (survives kill -9, not power loss).',
    options: ['flush', 'commit'],
    default: 'flush',
  }),
};

/** A value for each of the settings above. */
export type LmdbSettings = ValuesOf<typeof lmdbSettings>;
