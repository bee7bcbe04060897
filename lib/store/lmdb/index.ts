export type { Durability } from './environment.js';
export { RefusedError } from './errors.js';
export { openLmdbStore, type LmdbStoreOptions } from './store.js';
