/** This tracker as `npm start` runs it: the embedded store, every announce flushed to disk before it is answered. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { bundlePath, root } from '../paths.js';
import { startPeer, type Peer } from './peer.js';

const entry = 'deploy/standalone/start.mjs';

/** What `npm start` gives to Node. @throws Error if package.json starts something else */
export function optionsOfNpmStart(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const words = (scripts['start'] ?? '').split(' ');
  if (words[1] !== 'node' || words.at(-1) !== entry) throw new Error('npm start is not what it was');
  return words.slice(2, -1);
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
 * The same with another announce action than the bundle.
 * @param directory for the action, and for the data
 * @param action an expression for it
 */
export async function startStandaloneWith(directory: string, name: string, action: string): Promise<Peer> {
  const actions = join(directory, name);
  mkdirSync(actions);
  writeFileSync(join(actions, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(join(actions, 'announce.js'), `const action = ${action};\nexports.create = () => action;\n`);
  writeFileSync(
    join(actions, 'scrape.js'),
    `module.exports = require(${JSON.stringify(bundlePath('scrape'))});\n`,
  );
  const port = await freePort();
  return startPeer(
    { name, port },
    process.execPath,
    [...optionsOfNpmStart(), fileURLToPath(new URL('standalone-with.mjs', import.meta.url)), actions],
    { env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: join(actions, 'data') } },
  );
}

export async function startStandalone(dataDirectory: string, options: StandaloneOptions = {}): Promise<Peer> {
  const { settings = {}, nodeOptions = [], cwd = root } = options;
  const port = await freePort();
  return startPeer(
    { name: 'standalone', port },
    process.execPath,
    [...optionsOfNpmStart(), ...nodeOptions, join(root, entry)],
    {
      cwd,
      env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDirectory, ...settings },
    },
  );
}
