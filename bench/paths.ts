import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's directory. */
export const root = fileURLToPath(new URL('..', import.meta.url));
export const benchDirectory = join(root, 'bench');

/** The bundle of an action, as OpenWhisk runs it. */
export function bundlePath(action: 'announce' | 'scrape'): string {
  return join(root, 'dist/actions', `${action}.js`);
}
