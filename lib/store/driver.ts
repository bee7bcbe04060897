import type { SettingGroup, ValuesOf } from '../settings/setting.js';
import type { Clock, Random } from '../environment.js';
import type { Finding } from '../finding.js';
import type { Log } from '../log.js';
import type { Store } from './store.js';

/** What a store takes from outside. */
export interface StoreContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * One kind of store, as the registry knows it. A driver declares its settings and loads the rest
 * only when it is used: a process loads the code of the one store that STORE names.
 */
export interface StoreDriver<S extends SettingGroup> {
  readonly settings: S;
  /** Whether an action on OpenWhisk can use it: a container has no disk of its own. */
  readonly runsInActions: boolean;
  /** What must hold between settings. @throws ConfigError */
  check?(values: ValuesOf<S>): void;
  /**
   * Opens the store. Connects to nothing that may be out of reach: such a store opens, and its
   * calls fail until it is back.
   * @throws StoreError if it cannot be used as it is, ConfigError if settings do not go together
   */
  open(values: ValuesOf<S>, context: StoreContext): Promise<Store>;
  /** Whether there is a store already; opening one may make it. Missing: nothing is made by opening. */
  exists?(values: ValuesOf<S>): Promise<boolean>;
  /**
   * Looks at what the store needs, and tells what is wrong and what mends it. @throws ConfigError
   * at once
   */
  examine(values: ValuesOf<S>): AsyncGenerator<Finding>;
  /**
   * Makes what the store keeps its values in, e.g. a bucket, if it is not there. Missing: there is
   * nothing to make, or it is made otherwise.
   * @returns in one line what was done
   * @throws StoreError
   */
  create?(values: ValuesOf<S>, context: StoreContext): Promise<string>;
  /** For a store that one process has to itself. Missing: any number of processes may have it open. */
  readonly exclusive?: {
    /**
     * Readies this process for the store: to be called once, before the store is opened or the
     * process that has it is asked. Every relative path means another file after that, and the
     * process may be another user, who cannot read its code: what the store needs is loaded before.
     * @throws (rejects with) a StoreError
     */
    enter(values: ValuesOf<S>): Promise<void>;
    /** Where, after `enter`, the process that has the store open is asked for work on it. */
    readonly adminSocket: string;
  };
}

/** Lets the compiler take the types of the settings from the declaration. */
export function defineStore<S extends SettingGroup>(driver: StoreDriver<S>): StoreDriver<S> {
  return driver;
}
