import { StoreUnavailableError } from '../errors.js';
import type { NodeConnection } from './node-connection.js';
import type { PoolNode } from './pool-node.js';

/** A call in line for a connection. */
export class Waiter {
  /** Rejects with the error that the call is refused with. */
  readonly connection: Promise<NodeConnection>;
  private resolve!: (connection: NodeConnection) => void;
  private reject!: (error: StoreUnavailableError) => void;
  private readonly timers: readonly NodeJS.Timeout[];

  /**
   * @param avoid a node to keep away from if there is another one
   * @param waitMs milliseconds from now
   * @param halfway called when half of them are over
   * @param over called when all are; it then says what becomes of the call
   */
  constructor(
    readonly avoid: PoolNode | undefined,
    waitMs: number,
    halfway: () => void,
    over: (waiter: Waiter) => void,
  ) {
    this.connection = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Both from now: in a process that was frozen, the end must not move with the half.
    this.timers = [
      setTimeout(halfway, waitMs / 2),
      setTimeout(() => {
        over(this);
      }, waitMs),
    ];
  }

  serve(connection: NodeConnection): void {
    this.leave();
    this.resolve(connection);
  }

  refuse(error: StoreUnavailableError): void {
    this.leave();
    this.reject(error);
  }

  private leave(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}
