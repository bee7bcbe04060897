import type { Clock } from '../environment.js';
import type { Log } from '../log.js';
import { Deadlines } from '../tracker/deadlines.js';

/** How long an answer holds: whoever asks more often than this does not reach the store. */
const VALID_MS = 1000;

const DEFAULT_TIMEOUT_MS = 4000;

/** Whether announces can be answered, which is whether the store can. */
export class Health {
  readonly #deadlines: Deadlines;
  #healthy: Promise<boolean> | undefined;
  #askedAtMs = 0;
  /** A check that has not settled, whatever was answered. */
  #check: Promise<void> | undefined;
  #problem: unknown = new Error('not known yet');
  #wasHealthy = true;

  /**
   * @param check does what an announce needs; settles if that can be done, rejects if not
   * @param timeoutMs how long an announce may take, and so may this
   */
  constructor(
    private readonly check: () => Promise<void>,
    private readonly clock: Clock,
    private readonly log: Log,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ) {
    this.#deadlines = new Deadlines(timeoutMs);
  }

  /** Why it is not healthy, after an answer that it is not. */
  get problem(): unknown {
    return this.#problem;
  }

  /** Never rejects, and is settled in time. */
  isHealthy(): Promise<boolean> {
    const now = this.clock.now();
    // A clock that was set back must not keep an old answer alive.
    const age = Math.abs(now - this.#askedAtMs);
    if (this.#healthy === undefined || age >= VALID_MS) {
      this.#askedAtMs = now;
      this.#healthy = this.#ask();
    }
    return this.#healthy;
  }

  async #ask(): Promise<boolean> {
    try {
      // One that hangs has had its time, and is not joined by more of them.
      if (this.#check !== undefined) throw this.#problem;
      await this.#deadlines.within((this.#check = this.#begin()));
    } catch (cause) {
      this.#problem = cause;
      // One line when it becomes unhealthy, not one for every question.
      if (this.#wasHealthy) this.log.error('unhealthy', { cause });
      this.#wasHealthy = false;
      return false;
    }
    // At the level that is on by default: whoever has seen it begin waits for its end.
    if (!this.#wasHealthy) this.log.warn('healthy');
    this.#wasHealthy = true;
    return true;
  }

  async #begin(): Promise<void> {
    try {
      await this.check();
    } finally {
      this.#check = undefined;
    }
  }
}
