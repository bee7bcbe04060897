/** The gateway as an operator runs it: its rendered configuration in a real nginx, on loopback. */
import { mkdir, writeFile } from 'node:fs/promises';
import { renderGateway } from '../../../deploy/nginx/settings.mjs';
import { freePort } from '../../support/free-port.js';
import type { RunningProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { startNginx } from './nginx.js';

export const secret = 'the-secret-of-the-tests_0123456789';

export interface GatewayOptions {
  /** Settings of gateway.env that are not the test's own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What goes into the include directory. */
  readonly include?: string;
  /** The configuration with something in it that no setting of a test can bring about. */
  readonly edit?: (configuration: string) => string;
}

export interface Gateway {
  readonly port: number;
  readonly program: RunningProgram;
  readonly directory: string;
  /** One JSON line a request. */
  readonly accessLog: string;
  readonly errorLog: string;
  dispose(): Promise<void>;
}

/**
 * Starts nginx in front of the platform that listens on a port of loopback, and waits until it
 * accepts connections.
 * @throws Error with nginx's own words if it does not start
 */
export async function startGateway(
  platformPort: number,
  { settings = {}, include = '', edit = (same) => same }: GatewayOptions = {},
): Promise<Gateway> {
  const directory = await makeTempDir();
  const port = await freePort();
  const accessLog = `${directory}/access.json`;
  const errorLog = `${directory}/error.log`;
  await mkdir(`${directory}/tracker.d`);
  await writeFile(`${directory}/tracker.d/test.conf`, include);
  const configuration = renderGateway({
    OPENWHISK_SERVER: `127.0.0.1:${platformPort}`,
    OPENWHISK_SCHEME: 'http',
    OPENWHISK_NAME: 'openwhisk.example',
    OPENWHISK_NAMESPACE: 'guest',
    TRACKER_SECRET: secret,
    LISTEN: `127.0.0.1:${port}`,
    LISTEN_IPV6: `127.0.0.2:${port}`,
    CACHE_DIR: `${directory}/cache`,
    GATEWAY_HOP: `127.0.0.1:${await freePort()}`,
    INCLUDE_DIR: `${directory}/tracker.d`,
    ACCESS_LOG: accessLog,
    ERROR_LOG: errorLog,
    ...settings,
  });
  let program: RunningProgram;
  try {
    program = await startNginx(directory, edit(configuration), port);
  } catch (error) {
    await removeTempDir(directory);
    throw error;
  }
  const dispose = async (): Promise<void> => {
    await program.stop();
    await removeTempDir(directory);
  };
  return { port, program, directory, accessLog, errorLog, dispose };
}
