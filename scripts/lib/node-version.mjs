/** Refuses a Node that is too old. Uses nothing that an old Node could not load. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ends the process with status 1, and says why, if this is not the Node that package.json asks for.
 * @param {string} root the repository's directory
 */
export function requireNode(root) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '');
  const [major, minor] = needed.split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(`This needs Node.js ${needed} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
