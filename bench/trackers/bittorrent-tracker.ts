/** bittorrent-tracker 11 (npm): HTTP only, in memory, with its own defaults. */
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { startTracker, type RunningTracker } from './running-tracker.js';

const server = fileURLToPath(new URL('bittorrent-tracker-server.mjs', import.meta.url));

export async function startBittorrentTracker(): Promise<RunningTracker> {
  const port = await freePort();
  return startTracker(
    { name: 'bittorrent-tracker', port },
    process.execPath,
    [server, String(port)],
    // What it would be run with in production; it says nothing without DEBUG.
    { env: { PATH: process.env['PATH'], NODE_ENV: 'production' } },
  );
}
