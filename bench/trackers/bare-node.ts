/**
 * The limit of the runtime: Node's own HTTP server, which answers every request with the same
 * bytes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { startTracker, type RunningTracker } from './running-tracker.js';

const server = fileURLToPath(new URL('bare-node-server.mjs', import.meta.url));

/**
 * @param body what is answered: as long as the tracker's own replies, so that the bytes on the wire
 *   are the same
 */
export async function startBareNode(directory: string, body: Buffer): Promise<RunningTracker> {
  const file = join(directory, 'bare-node-body');
  writeFileSync(file, body);
  const port = await freePort();
  return startTracker({ name: 'bare Node', port }, process.execPath, [server, String(port), file], {
    env: { PATH: process.env['PATH'] },
  });
}
