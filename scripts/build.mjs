/** `npm run build`: builds what changed; with --force, everything. */
import { fileURLToPath } from 'node:url';

import { build } from './lib/build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  const bundles = await build(root, { force: process.argv.includes('--force') });
  if (bundles === undefined) console.log('dist/ is up to date');
  for (const { file, bytes } of bundles ?? []) {
    console.log(`dist/${file}  ${(bytes / 1024).toFixed(1)} KiB`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
