/**
 * Runs a measurement in a Node process of its own, so that no measurement runs on what another has
 * left of the heap or of the compiled code.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { root } from '../paths.js';
import { endWithThisProcess } from './children.js';

/** What a worker takes and gives, plain data both. */
export interface Worker {
  readonly input: unknown;
  readonly output: unknown;
}

/**
 * @param name of a file in bench/workers, without .ts; it calls `work`
 * @param input for the worker, plain data
 * @returns what the worker made of it
 * @throws Error if the worker ends without an answer; its own words are on standard error
 */
export async function runWorker<Work extends Worker>(
  name: string,
  input: Work['input'],
  nodeOptions: readonly string[] = [],
): Promise<Work['output']> {
  const child = fork(fileURLToPath(new URL(`../workers/${name}.ts`, import.meta.url)), [], {
    cwd: root,
    execArgv: ['--import', 'tsx', '--expose-gc', ...nodeOptions],
    serialization: 'advanced',
  });
  endWithThisProcess(child);
  child.send({ input });
  return new Promise((resolve, reject) => {
    let output: { readonly output: Work['output'] } | undefined;
    child.once('message', (message) => (output = message as { output: Work['output'] }));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (output !== undefined && code === 0) resolve(output.output);
      else reject(new Error(`the worker ${name} ended with ${code ?? signal ?? 'nothing'}`));
    });
  });
}
