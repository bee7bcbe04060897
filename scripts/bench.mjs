/**
 * `npm run bench`: what it needs, then the measurements of bench/. See bench/README.md for its
 * arguments. They run in this process, so that signals reach them.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/dependencies.mjs';
import { requireNode } from './lib/node-version.mjs';
import { installPrograms } from './test/debian.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

requireNode(root);
try {
  await ensureInstalled(root, { tools: true });
  // The trackers that this one is compared with are installed apart: who runs this one needs none
  // of them.
  await ensureInstalled(join(root, 'bench'), { tools: true });
  await build(root);
  installPrograms(new URL('../bench/programs.json', import.meta.url));
  // Only now are its dependencies there.
  const { register } = await import('tsx/esm/api');
  register();
  /** @type {{ main: (args: readonly string[]) => Promise<number> }} */
  const { main } = await import(new URL('../bench/main.ts', import.meta.url).href);
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}
