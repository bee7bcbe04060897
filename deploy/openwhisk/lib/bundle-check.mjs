/** Whether the tracker takes its settings, asked of the bundle that will run with them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DeploySettingsError } from './settings.mjs';

/**
 * Runs the announce action once, without a request: with good settings it says that it answers
 * through its gateway only. Nothing is connected to.
 * @param {string} root the repository's directory, built
 * @param {Readonly<Record<string, string>>} parameters of the action
 * @throws {DeploySettingsError} with the tracker's own words
 */
export function checkTrackerSettings(root, parameters) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--eval', runOnce], {
    encoding: 'utf8',
    // By its input: what is an argument, everybody on this machine could read.
    input: JSON.stringify({ bundle: join(root, 'dist/actions/announce.js'), parameters }),
  });
  const causes = stdout.split('\n').flatMap(causeIn);
  if (causes.length > 0) throw new DeploySettingsError(causes.join('\n'));
  if (status !== 0) throw new Error(`the announce action cannot be loaded:\n${stderr}`);
}

const runOnce = `
const { bundle, parameters } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
require(bundle).main({ ...parameters, __ow_method: 'get', __ow_headers: {}, __ow_path: '', __ow_query: '' }).then(() => process.exit());
`;

/**
 * The reason in a line of the action's log.
 * @param {string} line
 * @returns {string[]}
 */
function causeIn(line) {
  if (!line.startsWith('{')) return [];
  const { cause } = JSON.parse(line);
  return cause?.message === undefined ? [] : [cause.message];
}
