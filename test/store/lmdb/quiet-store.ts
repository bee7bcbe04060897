import type { Log } from '../../../lib/log.js';
import type { Durability } from '../../../lib/store/lmdb/environment.js';
import { openLmdbStore } from '../../../lib/store/lmdb/store.js';
import type { Store } from '../../../lib/store/store.js';

const ignore = (): void => undefined;
const quiet: Log = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/** An LMDB store that logs nothing. */
export function openQuietStore(directory: string, durability: Durability = 'flush'): Promise<Store> {
  return openLmdbStore({ directory, durability, log: quiet });
}
