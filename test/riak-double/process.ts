/** Starts a double as a process of its own and leads it from here. */

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type {
  CommandArguments,
  CommandName,
  CommandResult,
  FromDouble,
  PlainOptions,
  ToDouble,
} from './commands.js';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class RiakDoubleProcess {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(
    private readonly child: ChildProcess,
    /** Of the nodes, on 127.0.0.1. */
    readonly ports: readonly number[],
  ) {
    child.on('message', (message: FromDouble) => {
      this.settle(message);
    });
    child.on('exit', () => {
      for (const { reject } of this.waiting.values())
        reject(new Error('the process of the Riak double has ended'));
      this.waiting.clear();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The nodes as `host:port,host:port`. */
  get addresses(): string {
    return this.ports.map((port) => `127.0.0.1:${port}`).join(',');
  }

  /** Settles when the double has obeyed; never while it is frozen. */
  call<N extends CommandName>(name: N, ...args: CommandArguments<N>): Promise<CommandResult<N>> {
    this.lastId += 1;
    const id = this.lastId;
    const message: ToDouble = { id, name, args };
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send(message);
    }) as Promise<CommandResult<N>>;
  }

  /** SIGSTOP: the kernel goes on accepting connections, nobody answers. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** As a crash. What the double holds is gone. */
  async kill(): Promise<void> {
    await this.end(() => this.child.kill('SIGKILL'));
  }

  /** Ends the process and waits for its end. Idempotent. */
  async close(): Promise<void> {
    this.thaw();
    await this.end(() => {
      if (this.child.connected) this.child.disconnect();
    });
  }

  private async end(act: () => void): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    act();
    await exit;
  }

  private settle(message: FromDouble): void {
    if (!('id' in message)) return;
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('failure' in message) waiting?.reject(new Error(message.failure));
    else waiting?.resolve(message.result);
  }
}

/** Settles when all nodes listen. Rejects if the process ends before. */
export async function startRiakDoubleProcess(options: PlainOptions = {}): Promise<RiakDoubleProcess> {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [], {
    // tsx is looked up from the working directory.
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    execArgv: ['--import', 'tsx'],
    // Buffers stay Buffers between the processes.
    serialization: 'advanced',
  });
  const message: ToDouble = { options };
  child.send(message);
  return new Promise((resolve, reject) => {
    child.once('message', (first: FromDouble) => {
      if ('ports' in first) resolve(new RiakDoubleProcess(child, first.ports));
    });
    child.once('exit', (code) => {
      reject(new Error(`the process of the Riak double ended with ${code ?? 'a signal'} before it listened`));
    });
  });
}
