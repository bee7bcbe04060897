/** The gateway as an operator runs it: its rendered configuration in a real nginx, on loopback. */
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { renderGateway } from '../../../deploy/nginx/settings.mjs';
import { accepts } from '../../support/accepts.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { programNamed } from '../../support/programs.js';
import { startProgram, type RunningProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';

export const secret = 'the-secret-of-the-tests_0123456789';

export interface GatewayOptions {
  /** Settings of gateway.env that are not the test's own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What goes into the include directory. */
  readonly include?: string;
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
 * Starts nginx in front of the platform that listens on a port of loopback, and waits until it accepts connections.
 * @throws Error with nginx's own words if it does not start
 */
export async function startGateway(
  platformPort: number,
  { settings = {}, include = '' }: GatewayOptions = {},
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
  await writeFile(
    `${directory}/nginx.conf`,
    `${surroundings(directory)}http {\n${temporary}${configuration}}\n`,
  );
  const program = await startProgram(programNamed('nginx').command, [
    '-p',
    directory,
    '-c',
    `${directory}/nginx.conf`,
    '-e',
    'stderr',
  ]);
  const dispose = async (): Promise<void> => {
    await program.stop();
    await removeTempDir(directory);
  };
  try {
    await eventually('nginx accepts connections', 10_000, () => {
      if (program.exit !== undefined) throw new Error(program.describe());
      return accepts(port);
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  return { port, program, directory, accessLog, errorLog, dispose };
}

/** What nginx.conf of a distribution has around the gateway; temporary files stay in the test's directory, which belongs to this user. */
function surroundings(directory: string): string {
  return `daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 4096; }
`;
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((module) => `${module}_temp_path temporary-${module};\n`)
  .join('');
