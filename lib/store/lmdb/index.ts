export type { Durability } from './environment.js';
export { openLmdbStore, type LmdbStoreOptions } from './store.js';
