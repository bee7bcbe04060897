/** Directories in which bundles are built before they are moved to their place. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const prefix = '.build-';

/**
 * No build takes as long. Whether its process is alive says less: a container that shares the
 * directory has process ids of its own.
 */
const abandonedAfterMs = 3_600_000;

/**
 * Makes a directory to build in, and removes those of builds that were killed: nobody else does.
 * @param {string} dist the directory of the bundles; made if it is not there
 * @returns {string} its path
 */
export function makeAside(dist) {
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) {
    if (!name.startsWith(prefix)) continue;
    const old = statSync(join(dist, name), { throwIfNoEntry: false });
    if (old !== undefined && Date.now() - old.mtimeMs > abandonedAfterMs) {
      rmSync(join(dist, name), { recursive: true, force: true });
    }
  }
  return mkdtempSync(join(dist, prefix));
}
