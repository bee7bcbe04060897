/**
 * `npm start`: makes a fresh clone runnable, then runs the tracker in this process, so that signals reach it.
 * Nothing is imported here that an old Node could not load, so that the check of its version gets its turn.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { requireNode } from '../../scripts/lib/node-version.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function prepare() {
  const { digestOfSources, isBuilt } = await import('../../scripts/lib/build-state.mjs');
  const { ensureInstalled } = await import('../../scripts/lib/dependencies.mjs');
  const built = isBuilt(root, digestOfSources(root));
  // Where everything is built, e.g. in an image, the tools to build with need not be there.
  ensureInstalled(root, { tools: !built });
  if (built) return;
  console.log('Building ...');
  const { build } = await import('../../scripts/lib/build.mjs');
  await build(root);
}

requireNode(root);
try {
  await prepare();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
// Stack traces in the log name the sources, not the columns of a bundle.
process.setSourceMapsEnabled(true);
const { main } = createRequire(import.meta.url)(join(root, 'dist/standalone/main.cjs'));
await main({
  args: process.argv.slice(2),
  environment: process.env,
  actionsDirectory: join(root, 'dist/actions'),
});
