/**
 * ministack, a server for S3 and DynamoDB, installed for the tests as ministack/requirements.txt
 * says, where there is Python.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from './cache.mjs';

const requirements = fileURLToPath(new URL('ministack/requirements.txt', import.meta.url));
const [, version = ''] = /^ministack==(\S+)$/m.exec(readFileSync(requirements, 'utf8')) ?? [];
const directory = cacheDirectory(`ministack-${version}`);

/** Its Python, if it is there; run with `-m ministack`. */
export const ministackPython = join(directory, 'bin/python');

/**
 * Installs it if it is not there. Without Python, or if that fails, the suites that need it say
 * what they lack.
 */
export function installMinistack() {
  if (existsSync(ministackPython) || spawnSync('python3', ['--version']).error !== undefined) return;
  console.log('Installing ministack');
  // Under its own name only when it is whole. Python finds its packages beside itself, wherever
  // that is.
  const partial = `${directory}.partial-${process.pid}`;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  const installed =
    runs('python3', ['-m', 'venv', partial]) &&
    runs(join(partial, 'bin/python'), [...pip, '--requirement', requirements]);
  if (installed) {
    renameSync(partial, directory);
    return;
  }
  rmSync(partial, { recursive: true, force: true });
  console.error('the suites that need ministack cannot run');
}

/**
 * Quiet unless it fails.
 * @param {string} command
 * @param {readonly string[]} args
 */
function runs(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) console.error(`${stdout}${stderr}`);
  return status === 0;
}
