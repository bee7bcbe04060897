/** The standalone tracker as `npm start` runs it, in a process of its own. */
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { startProgram, type ProgramExit, type RunningProgram } from './running-program.js';
import { makeTempDir, removeTempDir } from './temp-dir.js';

export type Loopback = '127.0.0.1' | '::1';

/** Settings by name, as in the environment. */
export type Settings = Readonly<Record<string, string>>;

/** It brings dist/ up to date first, so a test never runs old bundles. */
const entry = fileURLToPath(new URL('../../deploy/standalone/start.mjs', import.meta.url));

/** Much more than it takes, even with a build; only a start that hangs gets there. */
const readyMs = 60_000;

/**
 * Starts a tracker with an empty data directory on a free port, and waits until /health says that
 * it answers. The caller ends it with dispose().
 * @param settings what is not given has its default; the environment of the tests has no influence
 * @throws Error with the tracker's output if it ends or is not ready in time
 */
export async function startTracker(settings: Settings = {}): Promise<TrackerProcess> {
  const dataDirectory = await makeTempDir();
  const port = await freePort();
  try {
    return new TrackerProcess(dataDirectory, port, await launch(dataDirectory, port, settings));
  } catch (error) {
    await removeTempDir(dataDirectory);
    throw error;
  }
}

export class TrackerProcess {
  #program: RunningProgram;

  constructor(
    readonly dataDirectory: string,
    readonly port: number,
    program: RunningProgram,
  ) {
    this.#program = program;
  }

  /** The process of the newest start, ended or not. */
  get program(): RunningProgram {
    return this.#program;
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Without a path. */
  url(address: Loopback = '127.0.0.1'): string {
    return urlOf(address, this.port);
  }

  announceUrl(address: Loopback = '127.0.0.1'): string {
    return `${this.url(address)}/announce`;
  }

  udpAnnounceUrl(address: Loopback = '127.0.0.1'): string {
    return this.announceUrl(address).replace('http:', 'udp:');
  }

  /** SIGTERM, and SIGKILL if it does not end within some seconds: the exit says which it was. */
  stop(): Promise<ProgramExit> {
    return this.#program.stop();
  }

  kill9(): Promise<ProgramExit> {
    return this.#program.kill9();
  }

  /** Starts it again on the same port and data directory, after stop() or kill9(). */
  async restart(settings: Settings = {}): Promise<void> {
    if (this.#program.exit === undefined) throw new Error('the tracker still runs');
    this.#program = await launch(this.dataDirectory, this.port, settings);
  }

  /** Ends it if it runs, and removes its data. */
  async dispose(): Promise<void> {
    await this.#program.stop();
    await removeTempDir(this.dataDirectory);
  }
}

async function launch(dataDirectory: string, port: number, settings: Settings): Promise<RunningProgram> {
  const program = await startProgram(process.execPath, [entry], {
    cwd: dataDirectory,
    env: { PATH: process.env['PATH'], PORT: String(port), DATA_DIR: dataDirectory, ...settings },
  });
  try {
    await eventually(
      'the tracker is ready',
      readyMs,
      () => {
        if (program.exit !== undefined) throw new Error(`the tracker ended\n${program.describe()}`);
        return isHealthy(port);
      },
      () => program.describe(),
    );
  } catch (error) {
    await program.kill9();
    throw error;
  }
  return program;
}

/** A connection of its own for each question: a kept one may belong to a process that has ended. */
function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${urlOf('127.0.0.1', port)}/health`, { agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
  });
}

function urlOf(address: Loopback, port: number): string {
  return `http://${address === '::1' ? '[::1]' : address}:${port}`;
}
