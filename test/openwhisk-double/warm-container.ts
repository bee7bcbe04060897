/**
 * A container with one version of an action in it: runs, and what OpenWhisk does with it between
 * runs.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { developerError, type Outcome } from './activations.js';
import { Container, ContainerTimeoutError } from './container.js';
import { qualifiedName, type ActionEntity } from './entities.js';
import { isObject, textOf, type JsonObject } from './json.js';

export interface Run {
  readonly activationId: string;
  readonly transactionId: string;
  /** What main gets. */
  readonly parameters: JsonObject;
}

export interface ContainerSettings {
  readonly namespace: string;
  readonly auth: string;
  readonly apiHost: string;
  readonly allowConcurrent: boolean;
  readonly deadContainerMs: number;
  /** Aborted when nobody waits for a run any more. */
  readonly closing: AbortSignal;
  readonly pauseAfterMs: number;
  readonly removeAfterMs: number;
  readonly maxPayloadBytes: number;
  readonly now: () => number;
  /** Told of each line that the action writes. */
  readonly onLine: (action: string, line: string) => void;
}

export class WarmContainer {
  private readonly starting: Promise<Container>;
  private container: Container | undefined;
  private initialized: Promise<Outcome | undefined> | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private active = 0;
  private isGone = false;
  /** Paused since it was idle, not by a test. */
  isPaused = false;
  /** Runs that it has taken. */
  runs = 0;

  constructor(
    readonly action: ActionEntity,
    private readonly settings: ContainerSettings,
  ) {
    const { apiHost, allowConcurrent, onLine } = settings;
    const environment: Record<string, string> = { PATH: process.env['PATH'] ?? '', __OW_API_HOST: apiHost };
    if (allowConcurrent) environment['__OW_ALLOW_CONCURRENT'] = 'true';
    this.starting = Container.start(environment, (line) => {
      onLine(qualifiedName(action), line);
    });
    void this.starting.then((container) => {
      this.container = container;
      void container.ended.then(() => {
        this.retire();
      });
    });
  }

  get pid(): number {
    return this.container?.pid ?? 0;
  }

  get isUsable(): boolean {
    return !this.isGone;
  }

  get isIdle(): boolean {
    return this.active === 0;
  }

  /** True if it can take one more run at once. */
  get hasRoom(): boolean {
    return !this.isGone && this.active < this.action.limits.concurrency;
  }

  /** Whatever goes wrong, the process is stopped with it, and its other runs fail. */
  async run(run: Run): Promise<Outcome> {
    this.active += 1;
    this.runs += 1;
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
    try {
      const container = await this.starting;
      if (this.isPaused) {
        container.resume();
        this.isPaused = false;
      }
      this.initialized ??= this.init(container, run);
      const outcome = (await this.initialized) ?? (await this.runIn(container, run));
      if (outcome.status === 'action developer error') await this.kill();
      return outcome;
    } catch (error) {
      await this.kill();
      if (error instanceof ContainerTimeoutError) {
        return developerError(
          `The action exceeded its time limits of ${this.action.limits.timeout} milliseconds.`,
        );
      }
      const { deadContainerMs, closing } = this.settings;
      await delay(deadContainerMs, undefined, { signal: closing }).catch(() => undefined);
      return developerError('The action did not produce a valid response and exited unexpectedly.');
    } finally {
      this.active -= 1;
      if (this.isIdle && !this.isGone) this.rest();
    }
  }

  /** SIGSTOP while it may have runs: a fault, not what OpenWhisk does. */
  freeze(): void {
    this.container?.pause();
  }

  thaw(): void {
    this.container?.resume();
  }

  async kill(): Promise<void> {
    this.retire();
    await (await this.starting).kill();
  }

  /** Nothing when it went well. */
  private async init(container: Container, run: Run): Promise<Outcome | undefined> {
    const { action } = this;
    const environment = Object.fromEntries(
      Object.entries(this.environmentOf(run)).map(([name, text]) => [`__OW_${name.toUpperCase()}`, text]),
    );
    const { code, result } = await container.init(
      {
        name: action.name,
        main: action.main ?? 'main',
        code: action.code,
        binary: action.binary,
        env: environment,
      },
      action.limits.timeout,
    );
    if (code === 200) return undefined;
    return developerError(isObject(result) ? textOf(result['error']) : 'The action did not initialize.');
  }

  private async runIn(container: Container, run: Run): Promise<Outcome> {
    const { timeout } = this.action.limits;
    const body = { ...this.environmentOf(run), value: run.parameters };
    const { code, result, bytes } = await container.run(body, timeout);
    if (code !== 200) return developerError('There was an error while the action ran.');
    if (bytes > this.settings.maxPayloadBytes) {
      return developerError(`The action produced a response that exceeded the allowed length: ${bytes}.`);
    }
    const failed = isObject(result) && 'error' in result;
    return { status: failed ? 'application error' : 'success', result };
  }

  /** Sent with every run; the runtime puts it into its environment. */
  private environmentOf(run: Run): JsonObject {
    const { action, settings } = this;
    return {
      // Who says nothing gets the key, for the sake of old actions; a new action is annotated with
      // false.
      ...(action.annotations['provide-api-key'] === false ? {} : { api_key: settings.auth }),
      namespace: settings.namespace,
      action_name: `/${settings.namespace}/${qualifiedName(action)}`,
      action_version: action.version,
      activation_id: run.activationId,
      transaction_id: run.transactionId,
      deadline: String(settings.now() + action.limits.timeout),
    };
  }

  private rest(): void {
    const { pauseAfterMs, removeAfterMs } = this.settings;
    const pause = setTimeout(() => {
      this.isPaused = true;
      this.container?.pause();
    }, pauseAfterMs);
    const remove = setTimeout(() => {
      void this.kill();
    }, removeAfterMs);
    this.timers.push(pause.unref(), remove.unref());
  }

  private retire(): void {
    this.isGone = true;
    for (const timer of this.timers.splice(0)) clearTimeout(timer);
  }
}
