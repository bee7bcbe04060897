/** Installs what package-lock.json names, if it is not what is installed. Uses nothing but Node. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { withProgress } from '../../lib/progress.mjs';

/**
 * @param {string} root the repository's directory
 * @param {{ tools: boolean }} options tools: whether the development dependencies are needed too
 * @throws {Error} if npm fails
 */
export async function ensureInstalled(root, { tools }) {
  if (isInstalled(root, { tools })) return;
  // Whatever the environment leaves out, as NODE_ENV=production does: tools are what a clone is
  // built with, and the parts of a package for one platform are optional ones.
  const kinds = ['--include=optional', tools ? '--include=dev' : '--omit=dev'];
  const args = ['ci', ...kinds, '--no-audit', '--no-fund', '--loglevel=error'];
  await withProgress('Installing dependencies', () => runNpm(root, args));
}

/**
 * Compares package-lock.json with npm's own record of what it put into node_modules. Times would
 * mislead: a checkout touches the lock, and an interrupted install touches node_modules.
 * @param {string} root
 * @param {{ tools: boolean }} options
 * @returns {boolean} true if every package that is needed is there in its exact version
 */
export function isInstalled(root, { tools }) {
  const installed = packagesOf(join(root, 'node_modules/.package-lock.json'));
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional, peer, dev, devOptional, ...platform }]) => {
      if (path === '' || ((dev || devOptional) && !tools)) return true;
      const found = installed[path];
      if (found === undefined) {
        // An optional package for another platform is not installed; one for this platform has to
        // be.
        return optional ? !isForThisPlatform(platform) : Boolean(peer);
      }
      return found.version === version && existsSync(join(root, path));
    },
  );
}

/**
 * Whether an optional package is made for this platform and no other. One for all platforms may be
 * missing.
 * @param {Pick<LockedPackage, 'os' | 'cpu' | 'libc'>} platform as the lock has it
 */
function isForThisPlatform({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined) return false;
  const isHere = os.includes(process.platform) && cpu.includes(process.arch);
  return isHere && (libc === undefined || libc.includes(libcOfThisPlatform()));
}

function libcOfThisPlatform() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/**
 * What a lock says of a package; tools are those with dev or devOptional.
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {boolean} [peer]
 * @property {boolean} [dev]
 * @property {boolean} [devOptional]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/**
 * @param {string} lockFile
 * @returns {Record<string, LockedPackage> | undefined}
 */
function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    // There is none, or it was cut short.
    return undefined;
  }
}

/**
 * Runs the npm that runs this script if there is one, else the one on the path. Another package
 * manager says what it is, too. On a terminal its output is shown only if it fails.
 * @param {string} root
 * @param {readonly string[]} args
 * @throws {Error} if it cannot be run or fails
 */
async function runNpm(root, args) {
  const isQuiet = process.stderr.isTTY;
  /** @type {import('node:child_process').SpawnOptions} */
  const options = { cwd: root, stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' };
  const [command, before] = npmCommand();
  const child = spawn(command, [...before, ...args], { ...options, shell: isShellNeeded(command) });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`cannot run npm: ${error.message}`, { cause: error })));
    child.once('close', resolve);
  });
  const output = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  const status = await ended;
  if (status === 0) return;
  const hint = hintFor(npmVersion());
  if (isQuiet) throw new Error(`npm ci failed:\n${(await output).join('')}${hint}`);
  throw new Error(`npm ci failed; its messages are above${hint}`);
}

/** @returns {[string, string[]]} a program and its first arguments */
function npmCommand() {
  const npm = process.env['npm_execpath'];
  return npm && /npm-cli\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []];
}

/** Windows has npm as a script of its shell. @param {string} command */
function isShellNeeded(command) {
  return command === 'npm' && process.platform === 'win32';
}

function npmVersion() {
  const [command, before] = npmCommand();
  const { stdout } = spawnSync(command, [...before, '--version'], {
    encoding: 'utf8',
    shell: isShellNeeded(command),
  });
  return stdout?.trim() ?? '';
}

/**
 * npm 9 says of this project's lock that there is none, since the overrides of package.json have
 * packages under other names.
 * @param {string} version of npm; empty if it is not known
 */
export function hintFor(version) {
  const [major = ''] = version.split('.');
  if (!/^\d+$/.test(major) || Number(major) >= MIN_NPM) return '';
  return `\nThis needs npm ${MIN_NPM} or newer; this is ${version}. npm install --global npm@${MIN_NPM} brings it.`;
}

const MIN_NPM = 10;
