import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { AdminError, askTracker } from '../admin/client.js';
import { AdminProtocolError } from '../admin/protocol.js';
import type { Config } from '../config.js';
import { inOneLine } from '../error-message.js';
import type { Log } from '../log.js';
import { ListError } from '../policy/lists/list-index.js';
import { StoreError } from '../store/errors.js';
import { driverOf } from '../store/registry.js';
import { AdminPolicyStore, type PolicyStore } from './admin/policy-store-command.js';
import { enterStore } from './open-store.js';
import { misused, StartError } from './start-error.js';
import { withStore } from './with-store.js';

/** Work on what policies keep in a store. */
export type PolicyWork = (store: PolicyStore) => Promise<void>;

/**
 * Reads or changes lists, clients or keys in the store. A tracker that runs on the embedded store
 * does it, and has it in force at once; others read it within LIST_SECONDS.
 * @param name of what is changed, e.g. `the list`
 * @param prepare reads the arguments and files, before the process goes to its data directory
 * @throws StartError if the arguments or files cannot be used, or the store fails
 */
export async function policyCommand(
  config: Config,
  log: Log,
  name: string,
  prepare: () => Promise<PolicyWork>,
): Promise<void> {
  const failure = `${name} could not be used`;
  try {
    const work = await prepare();
    await enterStore(config);
    const socket = driverOf(config.storeName).exclusive?.adminSocket;
    // Whether a tracker is there is asked with something that changes nothing.
    const isRunning = socket !== undefined && (await askTracker(socket, 'policy-store', PROBE)) !== undefined;
    if (isRunning) {
      await work(new AdminPolicyStore(socket));
      await askTracker(socket, 'reload');
      return;
    }
    await withStore(config, log, { command: 'policy-store', failure, work });
  } catch (cause) {
    if (cause instanceof ListError) throw new StartError(inOneLine(cause), { cause, status: misused });
    if (cause instanceof StoreError || cause instanceof AdminError || cause instanceof AdminProtocolError) {
      throw new StartError(`${failure}: ${inOneLine(cause)}`, { cause });
    }
    throw cause;
  }
}

/**
 * A file that is named on the command line. A path is from where npm was called: npm itself goes to
 * the project's directory.
 * @throws StartError if it cannot be read
 */
export async function readGiven(path: string): Promise<Buffer> {
  try {
    return await readFile(resolve(process.env['INIT_CWD'] ?? '.', path));
  } catch (cause) {
    throw misuse(`${path} cannot be read: ${inOneLine(cause)}`);
  }
}

/** Waits for whoever reads. One that reads no more, as `head`, has seen enough. */
export async function print(lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    if (process.stdout.destroyed) return;
    const isFull = !process.stdout.write(`${line}\n`);
    if (isFull) await drained(process.stdout);
  }
}

/** Settles when more can be written, or never will be. */
function drained(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const event of EVENTS) output.off(event, settle);
      resolve();
    };
    for (const event of EVENTS) output.on(event, settle);
  });
}

const EVENTS = ['drain', 'error', 'close'] as const;

export function misuse(message: string): StartError {
  return new StartError(message, { status: misused });
}

const PROBE = { operation: 'keys', range: { from: 'policy.', to: 'policy.' }, limit: 1 };
