import type { RiakStoreOptions } from '../options.js';

/** What the settings say of the cluster. */
export type RiakSite = Omit<RiakStoreOptions, 'log' | 'clock' | 'random'>;
