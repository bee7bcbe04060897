import type { Clock } from '../environment.js';
import type { Log } from '../log.js';

/** How long an answer holds: whoever asks more often than this does not reach the store. */
const validMs = 1000;

/** Whether announces can be answered, which is whether the store can. */
export class Health {
  #healthy: Promise<boolean> | undefined;
  #askedAtMs = 0;
  #wasHealthy = true;

  /** @param check settles if the store can serve, rejects if not */
  constructor(
    private readonly check: () => Promise<void>,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Never rejects. */
  isHealthy(): Promise<boolean> {
    const now = this.clock.now();
    // A clock that was set back must not keep an old answer alive.
    const age = Math.abs(now - this.#askedAtMs);
    if (this.#healthy === undefined || age >= validMs) {
      this.#askedAtMs = now;
      this.#healthy = this.#ask();
    }
    return this.#healthy;
  }

  async #ask(): Promise<boolean> {
    try {
      await this.check();
      this.#wasHealthy = true;
      return true;
    } catch (cause) {
      // One line when it becomes unhealthy, not one for every question.
      if (this.#wasHealthy) this.log.error('unhealthy', { cause });
      this.#wasHealthy = false;
      return false;
    }
  }
}
