/** bittorrent-tracker 11 (npm): HTTP only, in memory, with its own defaults. */
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { startPeer, type Peer } from './peer.js';

const server = fileURLToPath(new URL('bittorrent-tracker-server.mjs', import.meta.url));

export async function startBittorrentTracker(): Promise<Peer> {
  const port = await freePort();
  return startPeer(
    { name: 'bittorrent-tracker', port },
    process.execPath,
    [server, String(port)],
    // What it would be run with in production; it says nothing without DEBUG.
    { env: { PATH: process.env['PATH'], NODE_ENV: 'production' } },
  );
}
