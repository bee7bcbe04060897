/**
 * An action's container: one process with the runtime in it, initialized once, and paused or killed
 * by signals.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseJson, type Json, type JsonObject } from './json.js';

const RUNTIME = fileURLToPath(new URL('./runtime/main.mjs', import.meta.url));
const END_OF_ACTIVATION = 'XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX';

const running = new Set<ChildProcess>();
// The last resort, for a run that ends before its double was closed. A stopped process would
// outlive its parent.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What the runtime answered. */
export interface RuntimeAnswer {
  readonly code: number;
  readonly result: Json;
  /** Length of the result as JSON. */
  readonly bytes: number;
}

/** The container took longer than the action's timeout. */
export class ContainerTimeoutError extends Error {
  override readonly name = 'ContainerTimeoutError';
}

export class Container {
  /** Settles when the process has ended. */
  readonly ended: Promise<unknown>;
  private readonly agent = new Agent({ keepAlive: true });
  private hasEnded = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {
    this.ended = once(child, 'exit');
    child.once('exit', () => {
      this.hasEnded = true;
      running.delete(child);
      this.agent.destroy();
    });
  }

  /**
   * @param environment the whole environment of the process
   * @param onLine told of each line that the action writes
   */
  static async start(
    environment: Readonly<Record<string, string>>,
    onLine: (line: string) => void,
  ): Promise<Container> {
    const child = fork(RUNTIME, [], {
      cwd: tmpdir(),
      env: environment,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running.add(child);
    for (const output of [child.stdout, child.stderr]) forwardLines(output, onLine);
    const [message] = (await once(child, 'message')) as [{ port: number }];
    return new Container(child, message.port);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isAlive(): boolean {
    return !this.hasEnded;
  }

  /** SIGSTOP: connections are still accepted by the kernel, nobody answers. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** SIGKILL, as OpenWhisk ends every container. Runs that are under way fail. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  init(value: JsonObject, timeoutMs: number): Promise<RuntimeAnswer> {
    return this.post('/init', { value }, timeoutMs);
  }

  run(body: JsonObject, timeoutMs: number): Promise<RuntimeAnswer> {
    return this.post('/run', body, timeoutMs);
  }

  /** Rejects if the process ends before it has answered. */
  private post(path: string, body: JsonObject, timeoutMs: number): Promise<RuntimeAnswer> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: this.port,
        path,
        method: 'POST',
        agent: this.agent,
        // As the invoker has it; the runtime reads nothing else as JSON.
        headers: { 'Content-Type': 'application/json' },
      };
      const call = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks);
          const result = text.length === 0 ? null : parseJson(text.toString());
          resolve({ code: response.statusCode ?? 0, result, bytes: text.length });
        });
      });
      const timer = setTimeout(() => {
        call.destroy(new ContainerTimeoutError(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      call.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      call.end(JSON.stringify(body));
    });
  }
}

function forwardLines(output: Readable | null, onLine: (line: string) => void): void {
  if (output === null) return;
  createInterface({ input: output }).on('line', (line) => {
    if (line !== END_OF_ACTIVATION) onLine(line);
  });
}
