import { ConfigError, parseConfig } from '../config.js';
import { systemClock } from '../environment.js';
import { createPolicy } from '../policy/create-policy.js';
import { driverOf, storeDrivers, storeNames } from '../store/registry.js';
import type { TrackerComponents } from '../tracker/components.js';
import { stdoutLog } from './stdout-log.js';

/** What main is called with. */
export type ActionParams = Readonly<Record<string, unknown>>;

interface Made<T> {
  readonly components: TrackerComponents;
  readonly value: T;
}

/** What one set of parameters made, and how many runs are using it. */
interface Generation<T> {
  readonly bound: ReadonlyMap<string, unknown>;
  readonly made: Promise<Made<T>>;
  runs: number;
}

/**
 * What an action is made of, shared by all runs of the process that come with the same parameters.
 *
 * The platform gives a warm process to any deployment of an equal action, and the parameters of a
 * package are no part of the action. So each run's parameters are compared with those that the
 * components were made of. Other ones make new components; the old store is closed when the last
 * run that uses it has ended. Nothing is connected before a store is called.
 */
export class BoundComponents<T> {
  private current: Generation<T> | undefined;

  constructor(private readonly create: (components: TrackerComponents) => T) {}

  /**
   * Does a run's work with what was made of its parameters.
   * @param work gets that, and the name of the deployment that the parameters came with
   * @throws ConfigError, in every run, for parameters that cannot be used
   */
  async use<R>(
    params: ActionParams,
    work: (made: T, deployment: string | undefined) => Promise<R>,
  ): Promise<R> {
    const generation = this.generationOf(params);
    generation.runs += 1;
    try {
      const { value } = await generation.made;
      return await work(value, deploymentOf(generation.bound));
    } finally {
      generation.runs -= 1;
      if (generation !== this.current) closeUnlessUsed(generation);
    }
  }

  private generationOf(params: ActionParams): Generation<T> {
    const old = this.current;
    if (old !== undefined && isBound(params, old.bound)) return old;
    const bound = new Map(Object.entries(params).filter(([name]) => !isOfOneRun(name)));
    const generation = { bound, made: this.make(params), runs: 0 };
    this.current = generation;
    generation.made.catch(() => {
      // Parameters that cannot be used are looked at anew by every run.
      if (this.current === generation) this.current = undefined;
    });
    if (old !== undefined) closeUnlessUsed(old);
    return generation;
  }

  private async make(params: ActionParams): Promise<Made<T>> {
    const components = await componentsOf(params);
    return { components, value: this.create(components) };
  }
}

/**
 * The parameter that names a deployment: a digest of all that was deployed. Empty if wskdeploy was
 * run by hand.
 */
const DEPLOYMENT_PARAMETER = 'TRACKER_DEPLOYMENT';

function deploymentOf(bound: ReadonlyMap<string, unknown>): string | undefined {
  const name = bound.get(DEPLOYMENT_PARAMETER);
  return typeof name === 'string' && /^[\w-]{1,128}$/.test(name) ? name : undefined;
}

/**
 * A request's own parameters, or where a purge stands. All others are bound to the action or its
 * package.
 */
function isOfOneRun(name: string): boolean {
  return name.startsWith('__ow_') || name === 'purge';
}

/** True if a run comes with exactly these bound parameters. Some 40 comparisons of texts. */
function isBound(params: ActionParams, bound: ReadonlyMap<string, unknown>): boolean {
  let found = 0;
  for (const name in params) {
    if (isOfOneRun(name)) continue;
    if (!isSame(params[name], bound.get(name))) return false;
    found += 1;
  }
  return found === bound.size;
}

/** Parameters are JSON: texts, as a rule. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b);
}

/** Lets go of a generation that gets no more runs, unless it still has some. */
function closeUnlessUsed({ runs, made }: Generation<unknown>): void {
  if (runs > 0) return;
  made.then(
    ({ components }) => closeStore(components),
    // Nothing could be made of its parameters.
    () => undefined,
  );
}

async function closeStore({ store, log }: TrackerComponents): Promise<void> {
  log.info('settings changed');
  try {
    await store.close();
  } catch (cause) {
    log.warn('the store of the old settings cannot be closed', { cause });
  }
}

async function componentsOf(params: ActionParams): Promise<TrackerComponents> {
  const config = parseConfig(params);
  const driver = driverOf(config.storeName);
  if (!driver.runsInActions) {
    const usable = storeNames.filter((name) => storeDrivers[name].runsInActions);
    throw new ConfigError(
      'STORE',
      `is ${config.storeName}, takes ${usable.join(' or ')} in an action, which has no disk of its own`,
    );
  }
  const log = stdoutLog(config.logLevel);
  const random = Math.random;
  const store = await driver.open(config, { clock: systemClock, random, log });
  const components = { config, store, clock: systemClock, random, log };
  const policy = createPolicy(components, 'short');
  return { ...components, ...(policy && { policy }) };
}
