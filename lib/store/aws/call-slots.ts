import { WaitQueue } from '../remote/wait-queue.js';

/** Bounds how many calls are under way and how many wait for that. */
export class CallSlots {
  private underWay = 0;
  private readonly queue: WaitQueue<undefined>;

  /**
   * @param maxCalls under way at once
   * @param queueDepth calls that may wait
   * @param server named in errors
   */
  constructor(
    private readonly maxCalls: number,
    queueDepth: number,
    server: string,
  ) {
    this.queue = new WaitQueue(queueDepth, server);
  }

  /**
   * Settles when the call may go; `release` must be called when it has ended.
   * @throws StoreUnavailableError at once if too many wait, after `waitMs` milliseconds if no slot
   *   came free
   */
  async acquire(waitMs: number): Promise<void> {
    if (this.underWay < this.maxCalls) this.underWay += 1;
    else await this.queue.wait(undefined, waitMs);
  }

  /** Hands the slot to the call that waits longest, if there is one. */
  release(): void {
    const [next] = this.queue;
    if (next === undefined) this.underWay -= 1;
    else next.serve(undefined);
  }
}
