import { randomBytes } from 'node:crypto';

import type { Store } from './store.js';

/** What was written is not what is read. */
export class WrongReadError extends Error {
  override readonly name = 'WrongReadError';
}

/**
 * Writes into a store as an announce does, reads that and removes it.
 * Its key sorts behind all infohashes, so that neither a purge nor a report comes across it.
 * @returns how long the write took, in milliseconds
 * @throws WrongReadError, StoreError
 */
export async function tryWrite(store: Store): Promise<number> {
  const key = `~try-${randomBytes(8).toString('hex')}`;
  const value = Buffer.from(key);
  const startMs = performance.now();
  const { version } = await store.put(key, value);
  const milliseconds = performance.now() - startMs;
  const [read] = (await store.fetch(key)).values;
  if (version !== undefined) await store.remove(key, version);
  if (read === undefined || !value.equals(read))
    throw new WrongReadError('what was written is not what is read');
  return milliseconds;
}
