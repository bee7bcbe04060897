/**
 * This tracker as `npm start` runs it: the embedded store, every announce flushed to disk before it
 * is answered.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { root } from '../paths.js';
import { startTracker, type RunningTracker } from './running-tracker.js';

const command = ['bin/tracker.mjs', 'start'] as const;

/** What `npm start` gives to Node. @throws Error if package.json starts something else */
export function optionsOfNpmStart(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const words = (scripts['start'] ?? '').split(' ');
  if (words[1] !== 'node' || words.slice(-2).join(' ') !== command.join(' ')) {
    throw new Error('npm start is not what it was');
  }
  return words.slice(2, -2);
}

export interface StandaloneOptions {
  /** Settings other than the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Options of Node, e.g. for a profile. */
  readonly nodeOptions?: readonly string[];
  /** Where Node leaves files of its own. */
  readonly cwd?: string;
}

/**
 * The same with a part of it left out.
 * @param reply of every announce, at once; without one the tracker is on a store that costs nothing
 */
export async function startStandalonePart(
  directory: string,
  name: string,
  reply?: Buffer,
): Promise<RunningTracker> {
  const port = await freePort();
  const file = join(directory, `${name}.reply`);
  if (reply !== undefined) writeFileSync(file, reply);
  return startTracker(
    { name, port },
    process.execPath,
    [
      ...optionsOfNpmStart(),
      '--import',
      'tsx',
      fileURLToPath(new URL('standalone-part.ts', import.meta.url)),
      ...(reply === undefined ? [] : [file]),
    ],
    { cwd: root, env: { PATH: process.env['PATH'], PORT: String(port) } },
  );
}

export async function startStandalone(
  dataDirectory: string,
  options: StandaloneOptions = {},
): Promise<RunningTracker> {
  const { settings = {}, nodeOptions = [], cwd = root } = options;
  const port = await freePort();
  return startTracker(
    { name: 'standalone', port },
    process.execPath,
    [...optionsOfNpmStart(), ...nodeOptions, join(root, command[0]), command[1]],
    {
      cwd,
      env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDirectory, ...settings },
    },
  );
}
