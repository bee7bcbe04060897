/** Runs wskdeploy with a given account, and nothing of the user's own. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { versionVariable } from './settings.mjs';
import { cleaningUpBeforeStop } from './stop-signals.mjs';

/**
 * @param {string} root the repository's directory
 * @param {readonly string[]} args subcommand and flags but for the account and the manifest
 * @param {object} options
 * @param {string} options.manifest relative to root
 * @param {import('./settings.mjs').Access} options.access
 * @param {Environment} options.environment what the manifest takes from
 * @param {readonly string[]} options.secrets what must not be printed
 * @returns {Promise<string>} what it printed, without the secrets
 * @throws {Error} if it cannot be started or fails, with what it printed
 */
export function runWskdeploy(root, args, { manifest, access, environment, secrets }) {
  return cleaningUpBeforeStop(async (aborted) => {
    const directory = mkdtempSync(join(tmpdir(), 'tracker-deploy-'));
    try {
      // In a file, not in the arguments, which everybody on this machine could read.
      const account = join(directory, 'wskprops');
      const { apiHost, auth, namespace } = access;
      writeFileSync(account, `APIHOST=${apiHost}\nAUTH=${auth}\nNAMESPACE=${namespace}\n`, { mode: 0o600 });
      const { status, printed } = await run(
        command(environment),
        [...args, '--config', account, '--manifest', join(root, manifest), '--project', root],
        // A home of its own: wskdeploy also reads ~/.wskprops, and from the environment as well.
        {
          cwd: root,
          env: {
            ...environment,
            [versionVariable]: versionIn(root),
            HOME: directory,
            WSK_CONFIG_FILE: account,
          },
          signal: aborted,
        },
      );
      const output = withoutSecrets(printed, [auth, ...secrets]);
      // It says Error and still ends with 0 in some cases.
      if (status !== 0 || /^Error: /m.test(output)) throw new Error(`wskdeploy failed:\n${output}`);
      return output;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

/** @param {string} root */
function versionIn(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, signal: AbortSignal }} options
 * @returns {Promise<{ status: number | null, printed: string }>} status: null if a signal ended it
 * @throws {Error} if it cannot be started, or is aborted
 */
async function run(program, args, options) {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(cannotStart(program, error), { cause: error })));
    child.once('close', resolve);
  });
  const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, printed: stdout + stderr };
}

/**
 * @param {Environment} environment
 * @throws {Error} if there is no wskdeploy
 */
export function requireWskdeploy(environment) {
  const { error } = spawnSync(command(environment), ['version'], { stdio: 'ignore', env: environment });
  if (error !== undefined) throw new Error(cannotStart(command(environment), error));
}

/**
 * @typedef {Readonly<Record<string, string | undefined>>} Environment
 */

/** @param {Environment} environment */
function command({ WSKDEPLOY: command }) {
  return command || 'wskdeploy';
}

/**
 * @param {string} program
 * @param {NodeJS.ErrnoException} error
 */
function cannotStart(program, { code, message }) {
  if (code !== 'ENOENT') return `cannot run ${program}: ${message}`;
  return `there is no ${program}: install wskdeploy (docs/openwhisk.md says how), or name it in WSKDEPLOY`;
}

/**
 * @param {string} text
 * @param {readonly string[]} secrets
 */
function withoutSecrets(text, secrets) {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
