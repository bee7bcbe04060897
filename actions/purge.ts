import { platformPurge } from '../lib/openwhisk/platform-purge.js';

/** The purge on OpenWhisk. */
export const main = platformPurge();
