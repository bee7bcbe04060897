/**
 * Where programs that only tests start are kept: outside of the clone, so that the next clone has
 * them, too.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {string} name of the program with its version
 * @returns {string} a directory, which may not be there
 */
export function cacheDirectory(name) {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'openwhisk-bittorrent-tracker', name);
}
