/** `deploy/s3/create.mjs`, `deploy/dynamodb/create.mjs`: makes what a store keeps its values in. */
import { ConfigError, parseConfig } from '../config.js';
import { givenSettings, takeSettingsOption, withOrigin } from '../config/given.js';
import { systemClock } from '../environment.js';
import { silentLog } from '../silent-log.js';
import { StoreError } from '../store/errors.js';
import { driverOf, type StoreName } from '../store/registry.js';

/** Statuses that the process ends with. */
const failed = 1;
const misused = 2;

export interface Invocation {
  readonly store: StoreName;
  /** What follows the program's name on the command line. */
  readonly args: readonly string[];
  /** Settings by name, and whatever else is there. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (text: string) => void;
}

/** Says what was done, or why it was not. @returns the status for the process to end with */
export async function createStore({ store, args, environment, write }: Invocation): Promise<number> {
  try {
    write(`${(await created(store, args, environment)) ?? 'nothing to make'}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreError)) throw error;
    write(`${error.message}\n`);
    return error instanceof ConfigError ? misused : failed;
  }
}

async function created(
  store: StoreName,
  args: readonly string[],
  environment: Invocation['environment'],
): Promise<string | undefined> {
  const { file, rest } = takeSettingsOption(args);
  if (rest[0] !== undefined) throw new ConfigError(rest[0], 'unknown argument');
  const given = givenSettings(environment, file);
  try {
    const config = parseConfig({ ...given.values, STORE: store });
    const context = { clock: systemClock, random: Math.random, log: silentLog };
    return await driverOf(store).create?.(config, context);
  } catch (error) {
    throw withOrigin(given, error);
  }
}
