import { choice, text } from './setting.js';

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
