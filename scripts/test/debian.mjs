/**
 * Debian programs that tests and measurements start: which are missing, and installing them where
 * that can be done without asking.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A program as these lists have it. status: what `check` ends with if it can be used, 0 if not
 * given.
 * @typedef {{ command: string, check: string[], status?: number, package: string }} Program
 */

/** What `npm test` needs. */
const ofTests = new URL('programs.json', import.meta.url);

/**
 * Installs what is missing with apt-get, when run as root on Debian or Ubuntu. Elsewhere it does
 * nothing: whoever needs a program says that it is missing. A failed install is not the end either,
 * for the same reason.
 * @param {URL} list a file like programs.json
 */
export function installPrograms(list = ofTests) {
  /** @type {Program[]} */
  const programs = JSON.parse(readFileSync(list, 'utf8'));
  const packages = programs.filter((program) => !isInstalled(program)).map((program) => program.package);
  if (packages.length === 0 || !isRoot() || !isDebian()) return;
  console.log(`Installing ${packages.join(', ')}`);
  const installed = aptGet('update') && aptGet('install', '--yes', '--no-install-recommends', ...packages);
  if (!installed) console.error('apt-get failed; what needs these programs cannot run');
}

/** @param {Program} program */
function isInstalled({ command, check, status = 0 }) {
  return spawnSync(command, check, { stdio: 'ignore' }).status === status;
}

function isRoot() {
  return process.getuid?.() === 0;
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    // Not even a Linux of these years.
    return false;
  }
}

/**
 * Quiet unless it fails.
 * @param {...string} args
 */
function aptGet(...args) {
  const { status, error, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) console.error(error?.message ?? `${stdout}${stderr}`);
  return status === 0;
}
