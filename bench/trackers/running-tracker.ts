/** A server under load, in a process of its own. */
import { accepts } from '../../test/support/accepts.js';
import { eventually } from '../../test/support/eventually.js';
import {
  startProgram,
  type ProgramOptions,
  type RunningProgram,
} from '../../test/support/running-program.js';
import type { Target } from '../load/announce-load.js';

export interface RunningTracker extends Target {
  readonly program: RunningProgram;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a program and waits until it accepts connections on a port of loopback.
 * @throws Error with its output if it ends, or does not listen in time
 */
export async function startTracker(
  target: Omit<Target, 'pid'>,
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<RunningTracker> {
  const program = await startProgram(command, args, options);
  try {
    await eventually(
      `${target.name} accepts connections`,
      30_000,
      () => {
        if (program.exit !== undefined) throw new Error(program.describe());
        return accepts(target.port);
      },
      () => program.describe(),
    );
  } catch (error) {
    await program.kill9();
    throw error;
  }
  return {
    ...target,
    pid: program.pid,
    program,
    stop: async () => {
      await program.stop();
    },
  };
}
