export type { Durability } from './environment.js';
export { giveUpLocks } from './journal-lock.js';
export { openLmdbStore, type LmdbStoreOptions } from './store.js';
