/**
 * `fork(build-for-parent.mjs, [ROOT])`: builds the bundles, and says on stderr why it cannot. Tells
 * its parent how far it is. Ends when its parent does, however that ends.
 */
import process from 'node:process';

import { build } from './build.mjs';

process.once('disconnect', () => process.exit(1));
// It may have ended before anybody listened.
if (!process.connected) process.exit(1);
try {
  await build(process.argv[2] ?? '.', { onProgress: (done) => process.send?.(done) });
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
