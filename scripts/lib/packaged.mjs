import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether this is an installed package: its bundles were built when it was packed, the sources and
 * what builds them are not there, and npm has installed what it needs.
 * @param {string} root where package.json is
 */
export function isPackaged(root) {
  return !existsSync(join(root, 'lib/standalone/main.ts'));
}
