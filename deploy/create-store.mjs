/**
 * What deploy/s3/create.mjs and deploy/dynamodb/create.mjs do: a fresh clone is made runnable
 * first.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { requireNode } from '../scripts/lib/node-version.mjs';
import { ensureRunnable } from '../scripts/lib/runnable.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The process ends with status 0 if what the store needs is there afterwards.
 * @param {'s3' | 'dynamodb'} store
 */
export async function create(store) {
  requireNode(root);
  try {
    await ensureRunnable(root);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  const { createStore } = createRequire(import.meta.url)(join(root, 'dist/standalone/create-store.cjs'));
  process.exitCode = await createStore({
    store,
    args: process.argv.slice(2),
    environment: process.env,
    write: (/** @type {string} */ text) => process.stdout.write(text),
  });
}
