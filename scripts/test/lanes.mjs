/** Which tests run side by side. */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * Folders of tests that mostly wait for programs of others: clients, servers, containers of the
 * doubles. The others keep a processor busy. Each takes about half of the time of all.
 */
export const WAITING = [
  'browser',
  'cli',
  'clients',
  'demo',
  'deploy',
  'doctor',
  'nginx',
  'openwhisk',
  'riak',
  'standalone/front',
  'stats',
  'store/aws',
];

/**
 * @param {string} root the repository's directory
 * @returns {string[][]} files by lane, each test file in one; a single lane where there is a single
 *   processor
 */
export function lanesOf(root, processors = availableParallelism()) {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .sort();
  /** @param {string} file */
  const isWaiting = (file) => processors > 1 && WAITING.some((folder) => file.startsWith(`${folder}/`));
  return [files.filter((file) => !isWaiting(file)), files.filter(isWaiting)]
    .filter((lane) => lane.length > 0)
    .map((lane) => lane.map((file) => `test/${file}`));
}
