/**
 * `npm run build`: builds what changed, and says how large and how fast it is; with --force,
 * everything.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from './lib/build.mjs';
import { Progress } from '../lib/progress.mjs';
import { firstAnnounceTime, loadTimes } from './lib/bundle-times.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {{ file: string, bytes: number }} bundle */
function describe({ file, bytes }) {
  const size = `dist/${file}  ${(bytes / 1024).toFixed(1)} KiB`;
  if (!file.startsWith('actions/')) return size;
  const path = join(root, 'dist', file);
  const { bareMs, loadedMs } = loadTimes(path);
  const load = `loads in ${(loadedMs - bareMs).toFixed(0)} ms (node itself: ${bareMs.toFixed(0)} ms)`;
  if (file !== 'actions/announce.js') return `${size}, ${load}`;
  return `${size}, ${load}, first announce after ${firstAnnounceTime(path).toFixed(0)} ms`;
}

/** @type {Progress | undefined} */
let progress;
try {
  const bundles = await build(root, {
    force: process.argv.includes('--force'),
    onProgress: (done) => {
      progress ??= new Progress('Building');
      progress.update(done);
    },
  });
  progress?.end();
  if (bundles === undefined) console.log('dist/ is up to date');
  for (const bundle of bundles ?? []) console.log(describe(bundle));
} catch (error) {
  progress?.end();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
