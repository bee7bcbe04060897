/** This tracker as `npm start` runs it: the embedded store, every announce flushed to disk before it is answered. */
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.js';
import { root } from '../paths.js';
import { startPeer, type Peer } from './peer.js';

export interface StandaloneOptions {
  /** Settings other than the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Options of Node, e.g. for a profile. */
  readonly nodeOptions?: readonly string[];
  /** Where Node leaves files of its own. */
  readonly cwd?: string;
}

export async function startStandalone(dataDirectory: string, options: StandaloneOptions = {}): Promise<Peer> {
  const { settings = {}, nodeOptions = [], cwd = root } = options;
  const port = await freePort();
  return startPeer(
    { name: 'standalone', port },
    process.execPath,
    [...nodeOptions, join(root, 'deploy/standalone/start.mjs')],
    {
      cwd,
      env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDirectory, ...settings },
    },
  );
}
