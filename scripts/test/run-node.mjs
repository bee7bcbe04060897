import { spawnSync } from 'node:child_process';

/**
 * Runs Node with the terminal of this process, to the end.
 * @param {string} root directory to run in
 * @param {readonly string[]} args a script and its arguments
 * @param {Record<string, string>} [env] added to the environment
 * @returns {boolean} true if it ended with status 0
 */
export function runNode(root, args, env = {}) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  return status === 0;
}
