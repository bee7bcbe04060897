import { StoreUnavailableError } from '../errors.js';

/**
 * A call that waits.
 * @typeParam T what it waits for
 * @typeParam W what it wishes of that
 */
export interface WaitingCall<T, W> {
  readonly wish: W;
  /** Ends the wait. @returns false if it was over */
  serve(found: T): boolean;
}

/** Calls that wait for a connection to a server, first come, first served, each for a bounded time. */
export class WaitQueue<T, W = undefined> {
  /** In the order they came. */
  private readonly waiting = new Map<WaitingCall<T, W>, (error: StoreUnavailableError) => void>();

  /**
   * @param maxLength calls that may wait
   * @param server named in errors
   * @param cause why calls may wait in vain, if anything is known
   */
  constructor(
    private readonly maxLength: number,
    private readonly server: string,
    private readonly cause: () => Error | undefined = () => undefined,
  ) {}

  get length(): number {
    return this.waiting.size;
  }

  /** The calls that wait, longest first. */
  [Symbol.iterator](): IterableIterator<WaitingCall<T, W>> {
    return this.waiting.keys();
  }

  /**
   * Settles when the call is served.
   * @param waitMs milliseconds from now
   * @param halfway called when half of them are over
   * @throws StoreUnavailableError at once if too many wait, or when the time is over
   */
  wait(wish: W, waitMs: number, halfway?: () => void): Promise<T> {
    if (this.waiting.size >= this.maxLength) {
      return Promise.reject(new StoreUnavailableError(`too many calls wait for ${this.server}`));
    }
    return new Promise((resolve, reject) => {
      const leave = (): boolean => {
        for (const timer of timers) clearTimeout(timer);
        return this.waiting.delete(call);
      };
      const call: WaitingCall<T, W> = {
        wish,
        serve: (found) => {
          resolve(found);
          return leave();
        },
      };
      const refuse = (error: StoreUnavailableError): void => {
        leave();
        reject(error);
      };
      this.waiting.set(call, refuse);
      // Both from now: in a process that was frozen, the end must not move with the half.
      const timers = [
        halfway && setTimeout(halfway, waitMs / 2),
        setTimeout(() => {
          const cause = this.cause();
          const reason = `no connection to ${this.server} was free in time`;
          refuse(new StoreUnavailableError(reason, cause === undefined ? undefined : { cause }));
        }, waitMs),
      ];
    });
  }

  /** Ends all waits. */
  refuseAll(error: StoreUnavailableError): void {
    for (const refuse of [...this.waiting.values()]) refuse(error);
  }
}
