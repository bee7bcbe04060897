/**
 * How a double is set up: what an operator of OpenWhisk would choose, and times that a test cannot
 * wait for.
 */

export interface OpenWhiskDoubleOptions {
  /** On 127.0.0.1; 0, the default: a free one. */
  readonly port?: number;
  /** Of the one user; default `guest`. */
  readonly namespace?: string;
  /** Of the one user, `uuid:key`. */
  readonly auth?: string;
  /** LIMITS_ACTIONS_INVOKES_PERMINUTE; default 60. */
  readonly invocationsPerMinute?: number;
  /** LIMITS_ACTIONS_INVOKES_CONCURRENT; default 30. */
  readonly concurrentInvocations?: number;
  /**
   * CONFIG_whisk_concurrencyLimit_max: the highest `limits.concurrency` that an action may have;
   * default 1.
   */
  readonly maxConcurrency?: number;
  /** That containers get __OW_ALLOW_CONCURRENT=true; default: if maxConcurrency is above 1. */
  readonly allowConcurrent?: boolean;
  /**
   * That the platform has the scheduler (FPC). Then the limit on invocations at once counts
   * containers, and a changed or recreated action gets none of the old ones. Default false.
   */
  readonly scheduler?: boolean;
  /**
   * CONFIG_whisk_activation_storeBlockingResultLevel=STORE_FAILURES: runs that somebody waited for
   * leave records of failures only; default false.
   */
  readonly storeFailuresOnly?: boolean;
  /** How many containers the invokers have room for; 0: there is no invoker. Default 16. */
  readonly maxContainers?: number;
  /**
   * After its last run a container is paused when so many milliseconds have passed; default 10 s.
   */
  readonly pauseAfterMs?: number;
  /**
   * After its last run a container is removed when so many milliseconds have passed; default 10
   * min.
   */
  readonly removeAfterMs?: number;
  /**
   * After so many milliseconds a run is given up whose container has died under it; default 12 s,
   * the least of what was measured (12 to 14 s).
   */
  readonly deadContainerMs?: number;
  /** How long a caller waits for a result before it gets 202; default 60 s. */
  readonly maxWaitMs?: number;
  /** The most bytes of a result and of a request's body; default 1 MB. */
  readonly maxPayloadBytes?: number;
  /** That the alarms package is installed; default true. */
  readonly alarms?: boolean;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
}

export type Settings = Required<OpenWhiskDoubleOptions>;

const MEGABYTE = 1_048_576;

export function settingsOf(options: OpenWhiskDoubleOptions): Settings {
  const maxConcurrency = options.maxConcurrency ?? 1;
  return {
    port: 0,
    namespace: 'guest',
    auth: '00000000-0000-4000-8000-000000000001:key-of-the-double',
    invocationsPerMinute: 60,
    concurrentInvocations: 30,
    allowConcurrent: maxConcurrency > 1,
    scheduler: false,
    storeFailuresOnly: false,
    maxContainers: 16,
    pauseAfterMs: 10_000,
    removeAfterMs: 600_000,
    deadContainerMs: 12_000,
    maxWaitMs: 60_000,
    maxPayloadBytes: MEGABYTE,
    alarms: true,
    now: Date.now,
    ...options,
    maxConcurrency,
  };
}
