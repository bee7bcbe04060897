/** The actions' bundles, as they would be deployed. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export type ActionName = 'announce' | 'scrape' | 'stats' | 'purge';
export const ACTION_NAMES: readonly ActionName[] = ['announce', 'scrape', 'stats', 'purge'];

/** How long a test waits for a build: only if the sources are newer than dist/. */
export const BUILD_TIMEOUT_MS = 120_000;

/** Brings dist/ up to date, as `npm test` does before all tests. */
export function ensureBuilt(): void {
  const program = `import { build } from './scripts/lib/build.mjs'; await build(process.cwd());`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: root, stdio: 'inherit' });
}

export function bundlePath(name: ActionName): string {
  return join(root, 'dist/actions', `${name}.js`);
}

export function bundleCode(name: ActionName): string {
  return readFileSync(bundlePath(name), 'utf8');
}
