import { chownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Gives a file that root has made to the user and the group of its directory. A tracker that runs as that user could not open it otherwise, and would
 * answer no announce any more after root's purge. Does nothing for other users, nor where root is not allowed to.
 */
export function giveToOwnerOfDirectory(path: string): void {
  if (process.getuid?.() !== 0) return;
  try {
    const { uid, gid } = statSync(dirname(path));
    if (statSync(path).uid !== uid) chownSync(path, uid, gid);
  } catch {
    // Root's alone then, as everything that root makes.
  }
}
