/** The front as `npm run front` starts it, in a process of its own. The tests build first. */
import { SECRET } from '../../openwhisk/support/deployed-tracker.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { startProgram, type RunningProgram } from '../../support/running-program.js';
import { entry, root } from './entry.js';

export interface RunningFront {
  /** Of HTTP and of UDP. */
  readonly port: number;
  readonly program: RunningProgram;
}

/**
 * Starts a front of the namespace `guest`, and waits until it says where it listens, or ends. The
 * caller stops the program.
 * @param apiHost URL
 */
export async function startFront(
  apiHost: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningFront> {
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'],
    PORT: String(port),
    OPENWHISK_API: apiHost,
    OPENWHISK_NAMESPACE: 'guest',
    TRACKER_SECRET: SECRET,
    FRONT_TIMEOUT: '30000',
    ...settings,
  };
  const program = await startProgram(process.execPath, [entry, 'front'], { cwd: root, env });
  await eventually(
    'the front is ready',
    30_000,
    () => program.exit !== undefined || program.stdout.includes('/announce'),
    () => program.describe(),
  );
  return { port, program };
}
