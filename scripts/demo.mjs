/**
 * `npm run demo`: the whole serverless chain on this machine for a look, until Ctrl-C. It runs in
 * this process, so that signals reach it.
 */
import { fileURLToPath } from 'node:url';

import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/dependencies.mjs';
import { requireNode } from './lib/node-version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

requireNode(root);
try {
  await ensureInstalled(root, { tools: true });
  await build(root);
  // Only now are its dependencies there.
  const { register } = await import('tsx/esm/api');
  register();
  /** @type {{ demo: () => Promise<number> }} */
  const { demo } = await import(new URL('../test/demo/demo.ts', import.meta.url).href);
  process.exitCode = await demo();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
