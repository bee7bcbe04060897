/**
 * Files of NAME=value lines. What is taken here means the same to `docker run --env-file` and to
 * systemd's EnvironmentFile; blanks at a line's ends are no part of it.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { meantBy } from './near-misses.mjs';

/**
 * A setting as a file gives it.
 * @typedef {object} FileSetting
 * @property {string} value may be empty
 * @property {number} line from 1
 */

/**
 * @param {string} file
 * @returns {Map<string, FileSetting>} by name; of a name that comes twice the last one
 * @throws {Error} of node:fs; or with a line `file:number: what is wrong` for each line that is
 *   neither NAME=value nor a comment
 */
export function readSettingsFile(file) {
  /** @type {Map<string, FileSetting>} */
  const settings = new Map();
  /** @type {string[]} */
  const problems = [];
  for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(text)) continue;
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(text.trim()) ?? [];
    if (name === undefined || value === undefined) problems.push(`${file}:${line}: not NAME=value`);
    else if (isQuoted(value)) problems.push(`${file}:${line}: ${name} takes its value without quotes`);
    else settings.set(name, { value, line });
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}

/** To Docker they would be part of the value, to systemd not. @param {string} value */
function isQuoted(value) {
  return /^(["']).*\1$/.test(value);
}

/**
 * @param {string} file
 * @returns {Record<string, string>}
 * @throws {Error} as readSettingsFile
 */
export function readEnvFile(file) {
  return valuesOf(readSettingsFile(file));
}

/** @param {ReadonlyMap<string, FileSetting>} settings */
function valuesOf(settings) {
  return Object.fromEntries(Array.from(settings, ([name, { value }]) => [name, value]));
}

/**
 * A line for each name that is none of those known, with what was probably meant.
 * @param {string} file
 * @param {ReadonlyMap<string, FileSetting>} settings
 * @param {readonly string[]} known
 * @returns {{ name: string, meant: string | undefined, text: string }[]}
 */
export function unknownIn(file, settings, known) {
  const names = new Set(known);
  return Array.from(settings, ([name, { line }]) => ({ name, line }))
    .filter(({ name }) => !names.has(name))
    .map(({ name, line }) => {
      const meant = meantBy(name, known);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      return { name, meant, text: `${file}:${line}: ${name} is no setting${hint}` };
    });
}

/**
 * The settings of a command that also takes those of others in its file: names that are close to
 * one of its own are refused, others are left alone. The environment wins.
 * @param {string | undefined} file undefined: the environment alone
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @param {readonly string[]} known
 * @returns {Record<string, string>}
 * @throws {Error} as readSettingsFile, also for misspelt names
 */
export function settingsFrom(file, environment, known) {
  if (file === undefined) return withoutEmpty(environment);
  const path = fromCaller(file, environment);
  const settings = readSettingsFile(path);
  const misspelt = unknownIn(path, settings, known).filter(({ meant }) => meant !== undefined);
  if (misspelt.length > 0) throw new Error(misspelt.map(({ text }) => text).join('\n'));
  return { ...valuesOf(settings), ...withoutEmpty(environment) };
}

/**
 * A path that is given to a command is from where npm was called: npm itself goes to the project's
 * directory.
 * @param {string} path
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
export function fromCaller(path, environment) {
  return resolve(environment['INIT_CWD'] ?? '.', path);
}

/**
 * What is given: an empty value is none.
 * @param {Readonly<Record<string, string | undefined>>} settings
 * @returns {Record<string, string>}
 */
export function withoutEmpty(settings) {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  );
}
