import { ConfigError, parseConfig } from '../config.js';
import { riakOptions } from '../config/riak.js';
import { systemClock } from '../environment.js';
import { openRiakStore } from '../store/riak/riak-store.js';
import type { TrackerComponents } from '../tracker/components.js';
import { stdoutLog } from './stdout-log.js';

/** What main is called with. */
export type ActionParams = Readonly<Record<string, unknown>>;

/** What one set of parameters made, and how many runs are using it. */
interface Generation<T> {
  readonly bound: ReadonlyMap<string, unknown>;
  readonly components: TrackerComponents;
  readonly made: T;
  runs: number;
}

/**
 * What an action is made of, shared by all runs of the process that come with the same parameters.
 *
 * The platform gives a warm process to any deployment of an equal action, and the parameters of a
 * package are no part of the action. So each run's parameters are compared with those that the
 * components were made of. Other ones make new components; the old store is closed when the last run
 * that uses it has ended. Nothing is connected before a store is called.
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
      return await work(generation.made, deploymentOf(generation.bound));
    } finally {
      generation.runs -= 1;
      if (generation !== this.current) closeUnlessUsed(generation);
    }
  }

  private generationOf(params: ActionParams): Generation<T> {
    const old = this.current;
    if (old !== undefined) {
      if (isBound(params, old.bound)) return old;
      this.current = undefined;
      closeUnlessUsed(old);
    }
    const components = componentsOf(params);
    const bound = new Map(Object.entries(params).filter(([name]) => !isOfOneRun(name)));
    this.current = { bound, components, made: this.create(components), runs: 0 };
    if (old !== undefined) components.log.info('settings changed');
    return this.current;
  }
}

/** The parameter that names a deployment: a digest of all that was deployed. Empty if wskdeploy was run by hand. */
const DEPLOYMENT_PARAMETER = 'TRACKER_DEPLOYMENT';

function deploymentOf(bound: ReadonlyMap<string, unknown>): string | undefined {
  const name = bound.get(DEPLOYMENT_PARAMETER);
  return typeof name === 'string' && /^[\w-]{1,128}$/.test(name) ? name : undefined;
}

/** A request's own parameters, or where a purge stands. All others are bound to the action or its package. */
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

function closeUnlessUsed({ runs, components }: Generation<unknown>): void {
  if (runs > 0) return;
  components.store.close().catch((cause: unknown) => {
    components.log.warn('the store of the old settings cannot be closed', { cause });
  });
}

function componentsOf(params: ActionParams): TrackerComponents {
  const config = parseConfig(params);
  if (config.storeName !== 'riak') {
    throw new ConfigError(
      'STORE',
      `is ${config.storeName}, takes riak in an action, which has no disk of its own`,
    );
  }
  const log = stdoutLog(config.logLevel);
  const random = Math.random;
  const store = openRiakStore({ ...riakOptions(config), clock: systemClock, random, log });
  return { config, store, clock: systemClock, random, log };
}
