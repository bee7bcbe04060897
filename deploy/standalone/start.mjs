/**
 * `npm start`: makes a fresh clone runnable, then runs the tracker in this process, so that signals reach it.
 * Nothing is imported here that an old Node could not load, so that the check below gets its turn.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '');
  const [major, minor] = needed.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(`This needs Node.js ${needed} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

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

requireNode();
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
