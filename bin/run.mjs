/**
 * Does what a command line of `tracker` wants. The line is read before anything is installed or
 * built. A command that runs in a bundle ends the process by itself or sets its status.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';

import { refusalOf } from '../lib/cli/before-install.mjs';
import { completionScript } from '../lib/cli/completion.mjs';
import { misspeltIn } from '../lib/settings/near-misses.mjs';
import { settingsFrom } from '../lib/settings/settings-file.mjs';
import { ensureInstalled, isInstalled } from '../scripts/lib/dependencies.mjs';
import { isPackaged } from '../scripts/lib/packaged.mjs';
import { ensureRunnable } from '../scripts/lib/runnable.mjs';

/** Statuses that the process ends with. */
const FAILED = 1;
const MISUSED = 2;

/** @typedef {import('../lib/cli/command-line.mjs').Wanted} Wanted */

/**
 * @param {string} root where package.json is
 * @param {readonly string[]} args without the program's name
 */
export async function run(root, args) {
  // Whoever reads the beginning alone, as head does, has seen enough.
  process.stdout.on('error', () => undefined);
  if (!isPackaged(root) && !isInstalled(root, { tools: false })) {
    const refusal = refusalOf(args);
    if (refusal !== undefined) return end(MISUSED, refusal);
    if (!(await succeeds(() => ensureRunnable(root)))) return;
  }
  // Only now is its dependency there.
  const { readCommandLine } = await import('../lib/cli/command-line.mjs');
  const read = readCommandLine(args, { version: versionIn(root), output: { out, err } });
  if ('wanted' in read) return carryOut(root, read.wanted);
  process.exitCode = read.status;
  // The help of settings is about each of them.
  if (read.status === 0 && args[0] === 'settings' && (await succeeds(() => ensureRunnable(root)))) {
    await bundle(root, 'main').main({ args: ['--help'], environment: process.env });
  }
}

/**
 * @param {string} root
 * @param {Wanted} wanted
 */
async function carryOut(root, wanted) {
  const { command, args, options } = wanted;
  const [name = ''] = command;
  if (name === 'completion') return out(completionScript(args[0] ?? ''));
  if (name === 'deploy' || name === 'undeploy') {
    const environment = await deploymentSettings(root, options);
    if (environment !== undefined) await succeeds(() => deployment(root, name, environment, options));
    return;
  }
  if (!(await succeeds(() => ensureRunnable(root)))) return;
  switch (name) {
    case 'announce':
    case 'scrape':
    case 'health':
      process.exitCode = await bundle(root, 'ask').main({
        command: name,
        what: paths(command, args),
        options,
        environment: process.env,
        out,
        err,
        paint,
      });
      return;
    case 'doctor':
      process.exitCode = await bundle(root, 'doctor').main({
        args: givenOptions(options),
        environment: process.env,
        write: out,
      });
      return;
    default: {
      // Stack traces in the log name the sources, not the columns of a bundle.
      process.setSourceMapsEnabled(true);
      // It ends the process.
      const given = name === 'start' ? [] : [...command, ...paths(command, args)];
      await bundle(root, 'main').main({
        args: [...given, ...givenOptions(options)],
        environment: process.env,
      });
    }
  }
}

/**
 * @param {string} root
 * @param {Wanted['options']} options
 * @returns {Promise<Record<string, string> | undefined>} undefined: the file cannot be used, which
 *   was said
 */
async function deploymentSettings(root, options) {
  const { deploySettingNames } = await import('../deploy/openwhisk/lib/settings.mjs');
  const names = deploySettingNames(root);
  for (const { name, meant } of misspeltIn(process.env, names, [])) {
    err(`${name} is no setting; did you mean ${meant}?\n`);
  }
  try {
    return settingsFrom(settingsFile(options), process.env, names);
  } catch (error) {
    end(MISUSED, messageOf(error));
    return undefined;
  }
}

/**
 * @param {string} root
 * @param {'deploy' | 'undeploy'} name
 * @param {Record<string, string>} environment
 * @param {Wanted['options']} options
 */
async function deployment(root, name, environment, options) {
  if (!isPackaged(root)) await ensureInstalled(root, { tools: true });
  // Only now are its dependencies there.
  const { deploy, undeploy } = await import('../deploy/openwhisk/lib/deploy.mjs');
  const preview = options['preview'] === true;
  if (name === 'undeploy') return undeploy(root, environment, { preview, print: console.log });
  const schedule = options['schedule'] === true;
  const force = options['force'] === true;
  const answers = await deploy(root, environment, { preview, schedule, force, print: console.log });
  if (!answers) process.exitCode = FAILED;
}

/**
 * @param {string} root
 * @param {'main' | 'doctor' | 'ask'} name
 */
function bundle(root, name) {
  return createRequire(import.meta.url)(join(root, `dist/standalone/${name}.cjs`));
}

/**
 * The file of settings, from where it was named.
 * @param {Wanted['options']} options
 */
function settingsFile({ settings }) {
  return typeof settings === 'string' ? resolve(workingDirectory(), settings) : undefined;
}

/**
 * The options that were given, for a command in a bundle.
 * @param {Wanted['options']} options
 */
function givenOptions(options) {
  const file = settingsFile(options);
  return Object.entries(options).flatMap(([name, value]) => {
    if (name === 'settings' && file !== undefined) return ['--settings', file];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
}

/**
 * Arguments that are names of files, from where they were typed.
 * @param {readonly string[]} command
 * @param {readonly string[]} args
 */
function paths(command, args) {
  const isFile = command.at(-1) === 'import';
  return args.map((arg) => (isFile || arg.endsWith('.torrent') ? resolve(workingDirectory(), arg) : arg));
}

/** `npm run` of this project goes to the project's directory first. */
function workingDirectory() {
  const { INIT_CWD, npm_package_name } = process.env;
  return npm_package_name === 'openwhisk-bittorrent-tracker' && INIT_CWD ? INIT_CWD : process.cwd();
}

/** @param {string} root */
function versionIn(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/**
 * Only where somebody sees it, and not with NO_COLOR.
 * @param {'bold' | 'green' | 'red' | 'yellow'} format
 * @param {string} text
 */
function paint(format, text) {
  return styleText(format, text, { stream: process.stdout });
}

/**
 * Does work whose failures are for a person to read.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>} false if it failed, which was said
 */
async function succeeds(work) {
  try {
    await work();
    return true;
  } catch (error) {
    end(FAILED, messageOf(error));
    return false;
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {number} status
 * @param {string} line
 */
function end(status, line) {
  err(`${line}\n`);
  process.exitCode = status;
}

/** @param {string} text */
function out(text) {
  process.stdout.write(text);
}

/** @param {string} text */
function err(text) {
  process.stderr.write(text);
}
