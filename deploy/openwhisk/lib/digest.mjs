import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A digest of all that a deployment sends, in hex. It is keyed with the namespace's key, since it
 * is stored where a reader of the package sees it, and a short password in the settings could be
 * found by trying.
 * @param {string} root the repository's directory, built
 * @param {import('./settings.mjs').DeploySettings} settings
 */
export function digestOfDeployment(root, { auth, parameters, concurrency }) {
  const hash = createHmac('sha256', auth).update(JSON.stringify({ parameters, concurrency }));
  for (const file of [
    'manifest.yaml',
    ...['announce', 'scrape', 'stats', 'purge'].map((name) => `dist/actions/${name}.js`),
  ]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
