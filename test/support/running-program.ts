/**
 * Programs that a test starts: their output is kept for failure messages, and they never outlive
 * the test run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramExit {
  /** Undefined if a signal ended it. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment of the program; that of the tests if missing. */
  readonly env?: NodeJS.ProcessEnv;
}

/** How long a program may take to end when it is asked to, before it is killed. */
const graceMs = 8000;

/** Of a program's output this much is kept, the newest. */
const keptCharacters = 20_000;

const running = new Set<ChildProcess>();
// The last resort, for a run that ends before its tests could clean up.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a program.
 * @throws Error of node:child_process if it cannot be started
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<RunningProgram> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const program = new RunningProgram(child);
  await once(child, 'spawn');
  return program;
}

export class RunningProgram {
  /** Settles when the program has ended and all its output was read. */
  readonly ended: Promise<ProgramExit>;
  #exit: ProgramExit | undefined;
  #stdout = '';
  #stderr = '';

  constructor(private readonly child: ChildProcess) {
    running.add(child);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-keptCharacters);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptCharacters);
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (status, signal) => {
        running.delete(child);
        this.#exit = { status: status ?? undefined, signal: signal ?? undefined };
        resolve(this.#exit);
      });
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program did not start');
    return pid;
  }

  /** Undefined while it runs. */
  get exit(): ProgramExit | undefined {
    return this.#exit;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** What a failure message should show of this program. */
  describe(): string {
    const state = this.#exit === undefined ? 'running' : `ended: ${JSON.stringify(this.#exit)}`;
    return `${this.child.spawnfile} (${state})\n--- stdout\n${this.#stdout}\n--- stderr\n${this.#stderr}\n`;
  }

  /** Asks it to end with SIGTERM, and kills it if it does not. Does nothing if it has ended. */
  async stop(): Promise<ProgramExit> {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    this.child.kill('SIGTERM');
    const exit = await this.ended;
    clearTimeout(timer);
    return exit;
  }

  /** Ends it with SIGKILL: no handler of the program runs. */
  async kill9(): Promise<ProgramExit> {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}
