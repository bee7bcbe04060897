/** What the routes share: the entities that were deployed, and how an action is invoked. */

import { setTimeout as delay } from 'node:timers/promises';
import { Activations, newActivationId, type Activation } from './activations.js';
import { Entities, qualifiedName, type ActionEntity } from './entities.js';
import { Invoker } from './invoker.js';
import type { JsonObject } from './json.js';
import type { Settings } from './options.js';
import { Throttles } from './throttles.js';

/** Of the log lines of actions this many are kept, the newest. */
const KEPT_LINES = 20_000;

export interface LogLine {
  /** `package/action`. */
  readonly action: string;
  readonly line: string;
}

/** An invocation that was accepted. */
export interface Invocation {
  readonly activationId: string;
  /** Settles when the run has ended. Rejects with a Rejection if it could not be begun. */
  readonly ended: Promise<Activation>;
}

export class Controller {
  readonly entities = new Entities();
  readonly activations = new Activations();
  readonly throttles: Throttles;
  readonly invoker: Invoker;
  /** What actions have written, oldest first. */
  readonly lines: LogLine[] = [];

  constructor(
    readonly settings: Settings,
    apiHost: string,
  ) {
    this.throttles = new Throttles(settings);
    this.invoker = new Invoker({
      ...settings,
      apiHost,
      onLine: (action, line) => {
        this.lines.push({ action, line });
        if (this.lines.length > KEPT_LINES) this.lines.shift();
      },
    });
  }

  /**
   * Begins a run. The throttles are the caller's business.
   * @param parameters what the invocation gives: it goes before what is bound to the action
   * @param isBlocking that somebody waits for the result
   */
  invoke(
    action: ActionEntity,
    parameters: JsonObject,
    transactionId: string,
    isBlocking: boolean,
  ): Invocation {
    const activationId = newActivationId();
    const bound = this.entities.boundParameters(action);
    const run = { activationId, transactionId, parameters: { ...bound, ...parameters } };
    const ended = this.throttles.during(
      this.record(action, activationId, this.invoker.run(action, run), isBlocking),
    );
    // Whoever invoked it may not wait for it.
    ended.catch(() => undefined);
    return { activationId, ended };
  }

  /** What came of an invocation; undefined if that takes longer than a caller waits. */
  async outcomeInTime({ ended }: Invocation): Promise<Activation | undefined> {
    const overdue = new AbortController();
    const timer = delay(this.settings.maxWaitMs, undefined, { signal: overdue.signal, ref: false });
    // Aborted when the run was sooner.
    timer.catch(() => undefined);
    try {
      return await Promise.race([ended, timer]);
    } finally {
      overdue.abort();
    }
  }

  private async record(
    action: ActionEntity,
    activationId: string,
    run: Promise<Pick<Activation, 'status' | 'result'>>,
    isBlocking: boolean,
  ): Promise<Activation> {
    const { now, storeFailuresOnly } = this.settings;
    const start = now();
    const { status, result } = await run;
    const name = qualifiedName(action);
    const activation = { activationId, name, start, end: now(), status, result };
    if (!storeFailuresOnly || !isBlocking || status !== 'success') this.activations.add(activation);
    return activation;
  }
}
