/** `npm run doctor`: makes a fresh clone runnable, then looks at what the settings lead to. */
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
// Whoever reads the beginning alone, as head does, has seen enough.
process.stdout.on('error', () => undefined);
const { main } = createRequire(import.meta.url)(join(root, 'dist/standalone/doctor.cjs'));
process.exitCode = await main({
  args: process.argv.slice(2),
  environment: process.env,
  write: (/** @type {string} */ text) => process.stdout.write(text),
});
