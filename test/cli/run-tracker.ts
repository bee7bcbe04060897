/** The command `tracker`, run to its end. */
import { fileURLToPath } from 'node:url';

import { startProgram } from '../support/running-program.js';

export interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const trackerCommand = fileURLToPath(new URL('../../bin/tracker.mjs', import.meta.url));

/** @param command another copy of bin/tracker.mjs */
export async function runTracker(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  { cwd, command = trackerCommand }: { readonly cwd?: string; readonly command?: string } = {},
): Promise<Outcome> {
  const program = await startProgram(process.execPath, [command, ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...settings },
    ...(cwd !== undefined && { cwd }),
  });
  const { status } = await program.ended;
  return { status, stdout: program.stdout, stderr: program.stderr };
}
