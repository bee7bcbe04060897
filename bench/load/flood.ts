/** One address that floods, made by flood.c: a program in JavaScript would take the other core. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startProgram } from '../../test/support/running-program.js';
import { benchDirectory } from '../paths.js';

export interface FloodOptions {
  readonly port: number;
  /** `keys`: over HTTP, each announce with another wrong key. */
  readonly kind: 'http' | 'keys' | 'udp';
  /** Announces a second, whatever the answers are. */
  readonly rate: number;
  readonly seconds: number;
  /** How many it names, one after the other. */
  readonly torrents: number;
}

export interface FloodResult {
  /** Requests that the tracker's machine has taken. */
  readonly sent: number;
  /** Those that a connection was to be given while it took no more. */
  readonly held: number;
  readonly replies: number;
  /** Replies that refuse. */
  readonly failures: number;
  /** Connections that the tracker has closed. */
  readonly broken: number;
  readonly seconds: number;
}

/** Where it comes from: an address that is neither that of others nor exempt from limits. */
export const FLOOD_ADDRESS = '127.0.0.2';

/** Builds the program into a directory. @throws Error with the words of the compiler */
export function buildFlood(directory: string): string {
  const program = join(directory, 'flood');
  const source = join(benchDirectory, 'load/flood.c');
  const { status, stderr, error } = spawnSync('cc', ['-O2', '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc failed: ${error?.message ?? stderr}`);
  return program;
}

/** @throws Error if the tracker cannot be reached, or no more */
export async function runFlood(program: string, options: FloodOptions): Promise<FloodResult> {
  const { port, kind, rate, seconds, torrents } = options;
  const running = await startProgram(
    program,
    [port, FLOOD_ADDRESS, kind, rate, seconds, torrents].map(String),
  );
  const { status } = await running.ended;
  if (status !== 0) throw new Error(running.describe());
  return JSON.parse(running.stdout) as FloodResult;
}
