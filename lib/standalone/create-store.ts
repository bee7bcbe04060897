/** `deploy/s3/create.mjs`, `deploy/dynamodb/create.mjs`: makes what a store keeps its values in. */
import { ConfigError, parseConfig } from '../config.js';
import { systemClock } from '../environment.js';
import { silentLog } from '../silent-log.js';
import { StoreError } from '../store/errors.js';
import { driverOf, type StoreName } from '../store/registry.js';

/** Statuses that the process ends with. */
const failed = 1;
const misused = 2;

export interface Invocation {
  readonly store: StoreName;
  /** Settings by name, and whatever else is there. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
}

/** Says what was done, or why it was not. @returns the status for the process to end with */
export async function createStore({ store, environment, write }: Invocation): Promise<number> {
  try {
    const config = parseConfig({ ...environment, STORE: store });
    const context = { clock: systemClock, random: Math.random, log: silentLog };
    const done = await driverOf(store).create?.(config, context);
    write(`${done ?? 'nothing to make'}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreError)) throw error;
    write(`${error.message}\n`);
    return error instanceof ConfigError ? misused : failed;
  }
}
