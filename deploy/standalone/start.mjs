/**
 * `npm start`: makes a fresh clone runnable, then runs the tracker in this process, so that signals reach it.
 * Nothing is imported here that an old Node could not load, so that the check of its version gets its turn.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { requireNode } from '../../scripts/lib/node-version.mjs';
import { ensureRunnable } from '../../scripts/lib/runnable.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

requireNode(root);
try {
  await ensureRunnable(root);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
// Stack traces in the log name the sources, not the columns of a bundle.
process.setSourceMapsEnabled(true);
const { main } = createRequire(import.meta.url)(join(root, 'dist/standalone/main.cjs'));
await main({ args: process.argv.slice(2), environment: process.env });
