import { StoreUnavailableError } from '../errors.js';

/** A call in line for a slot. */
interface Waiter {
  readonly start: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Bounds how many calls are under way and how many wait for their turn, first come, first served. */
export class CallSlots {
  private underWay = 0;
  /** In the order they came. */
  private readonly waiters = new Set<Waiter>();

  /**
   * @param most calls under way at once
   * @param queueDepth calls that may wait
   * @param server named in errors
   */
  constructor(
    private readonly most: number,
    private readonly queueDepth: number,
    private readonly server: string,
  ) {}

  /**
   * Settles when the call may go; `release` must be called when it has ended.
   * @throws StoreUnavailableError at once if the line is full, after `waitMs` milliseconds if no
   *   slot came free
   */
  acquire(waitMs: number): Promise<void> {
    if (this.underWay < this.most) {
      this.underWay += 1;
      return Promise.resolve();
    }
    if (this.waiters.size >= this.queueDepth) {
      return Promise.reject(new StoreUnavailableError(`too many calls wait for ${this.server}`));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(new StoreUnavailableError(`no connection to ${this.server} was free in time`));
      }, waitMs);
      const waiter: Waiter = { start: resolve, timer };
      this.waiters.add(waiter);
    });
  }

  /** Hands the slot to the call that waits longest, if there is one. */
  release(): void {
    const [next] = this.waiters;
    if (next === undefined) {
      this.underWay -= 1;
      return;
    }
    this.waiters.delete(next);
    clearTimeout(next.timer);
    next.start();
  }
}
