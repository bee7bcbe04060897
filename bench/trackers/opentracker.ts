/**
 * opentracker as Debian builds it: it serves the infohashes of a whitelist only, keeps peers in
 * memory, and closes every connection.
 */
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.js';
import { startTracker, type RunningTracker } from './running-tracker.js';

/**
 * @param directory it may read this one only, and gives up root's rights for those of `nobody`
 * @param infohashFile one infohash a line, hex
 */
export async function startOpentracker(directory: string, infohashFile: string): Promise<RunningTracker> {
  copyFileSync(infohashFile, join(directory, 'whitelist.txt'));
  chmodSync(directory, 0o755);
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  return startTracker({ name: 'opentracker', port, closesUnasked: true }, 'opentracker', [
    ...['-i', '127.0.0.1', '-p', String(port), '-P', String(port)],
    ...['-d', directory, '-w', 'whitelist.txt', ...user],
  ]);
}
