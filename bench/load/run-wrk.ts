import { fileURLToPath } from 'node:url';
import { startProgram } from '../../test/support/running-program.js';

export interface WrkOptions {
  readonly seconds: number;
  readonly connections: number;
  /** 1 if missing. */
  readonly threads?: number;
}

/** For a run that its script ends. */
export const MOST_SECONDS = 600;

const scripts = fileURLToPath(new URL('.', import.meta.url));

/**
 * Runs wrk with one of the scripts here.
 * @param args of the script, given the host and port
 * @returns what it printed
 * @throws Error with its output if it ends with another status than 0
 */
export async function runWrk(
  script: string,
  target: { readonly name: string; readonly port: number },
  { seconds, connections, threads = 1 }: WrkOptions,
  args: (host: string) => readonly string[],
): Promise<string> {
  const host = `127.0.0.1:${target.port}`;
  const wrk = await startProgram(
    'wrk',
    [
      ...['-t', String(threads), '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s'],
      ...['-s', `${scripts}${script}`, `http://${host}/`, '--', ...args(host)],
    ],
    { env: { PATH: process.env['PATH'], SCRIPTS: scripts } },
  );
  const { status } = await wrk.ended;
  if (status !== 0) throw new Error(`${target.name}: ${wrk.describe()}`);
  return wrk.stdout;
}
