/** The limit of the runtime: node:dgram, which answers every datagram with the same bytes. */
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { startTracker, type RunningTracker } from './running-tracker.js';

const server = fileURLToPath(new URL('bare-udp-server.mjs', import.meta.url));

/** @param replyBytes as many as the tracker's own replies to announces have */
export async function startBareUdp(replyBytes: number): Promise<RunningTracker> {
  const port = await freePort();
  return startTracker(
    { name: 'bare dgram', port },
    process.execPath,
    [server, String(port), String(replyBytes)],
    {
      env: { PATH: process.env['PATH'] },
    },
  );
}
