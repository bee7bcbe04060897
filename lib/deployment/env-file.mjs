/**
 * Files of NAME=value lines, as `docker run --env-file` and systemd's EnvironmentFile read them;
 * blanks at a line's ends are no part of it.
 */
import { readFileSync } from 'node:fs';

/**
 * @param {string} file
 * @returns {Record<string, string>}
 * @throws {Error} of node:fs, or for a line that is neither NAME=value nor a comment
 */
export function readEnvFile(file) {
  /** @type {Record<string, string>} */
  const settings = {};
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || value === undefined) throw new Error(`${file}:${index + 1}: not NAME=value`);
    settings[name] = value;
  }
  return settings;
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
