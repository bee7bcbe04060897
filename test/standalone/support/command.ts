import { join } from 'node:path';

import { startProgram } from '../../support/running-program.js';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.js';
import { buildFirst, entry } from './entry.js';

export interface Outcome {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the tracker to its end. */
export type Run = (args: readonly string[], settings?: Readonly<Record<string, string>>) => Promise<Outcome>;

/**
 * For the suite that calls it: each test gets an empty directory, in which the command runs with a
 * DATA_DIR of its own.
 * @param name of the command, as `tracker` has it
 */
export function commandIn(name: string): { readonly run: Run; readonly directory: () => string } {
  let directory = '';

  buildFirst();

  beforeEach(async () => {
    directory = await makeTempDir();
  });

  afterEach(() => removeTempDir(directory));

  return {
    directory: () => directory,
    run: async (args, settings = {}) => {
      const program = await startProgram(process.execPath, [entry, name, ...args], {
        cwd: directory,
        env: {
          PATH: process.env['PATH'],
          DATA_DIR: join(directory, 'data'),
          INIT_CWD: directory,
          ...settings,
        },
      });
      const { status } = await program.ended;
      return { status, stdout: program.stdout, stderr: program.stderr };
    },
  };
}
